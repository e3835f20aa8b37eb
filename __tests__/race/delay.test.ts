import { type HedgeDelayOptions, hedgeDelayMs, type Percentiles } from '../../src/race/delay.ts';

/** What was learned of one percentile; nothing of any other. */
const learned = (percentile: number, ms: number): Percentiles => ({
  percentileMs: (asked) => (asked === percentile ? ms : undefined),
});
const nothing: Percentiles = { percentileMs: () => undefined };

describe('hedgeDelayMs', () => {
  const limits = { minDelayMs: 5, maxDelayMs: 2000 };

  test.each<[HedgeDelayOptions['delayMs'], Percentiles, number]>([
    ['p95', learned(95, 120), 120],
    ['p50', learned(50, 30), 30],
    ['p99.9', learned(99.9, 800), 800],
    ['p95', learned(95, 5), 5],
    ['p95', learned(95, 4.9), 5],
    ['p95', learned(95, 2000), 2000],
    ['p95', learned(95, 2000.1), 2000],
  ])('with %j is what was learned of it, within the limits', (delayMs, percentiles, expected) => {
    expect(hedgeDelayMs({ ...limits, delayMs }, percentiles)).toBe(expected);
  });

  test('is infinite while too little is known', () => {
    expect(hedgeDelayMs({ ...limits, delayMs: 'p95' }, nothing)).toBe(Infinity);
  });

  test.each([1, 50, 10_000])('of %d ms is these, whatever the limits', (delayMs) => {
    expect(hedgeDelayMs({ ...limits, delayMs }, nothing)).toBe(delayMs);
  });

  test('may have no limits', () => {
    const unlimited = { delayMs: 'p95', minDelayMs: 0, maxDelayMs: Infinity } as const;
    expect([0.001, 3e6].map((ms) => hedgeDelayMs(unlimited, learned(95, ms)))).toEqual([0.001, 3e6]);
  });
});
