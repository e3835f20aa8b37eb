import { type HedgeDelayOptions, hedgeDelayMs, type LearnedTimes, unsteeredDelayMs } from '../../src/race/delay.ts';

const nothing: LearnedTimes = { percentileMs: () => undefined, tailMs: () => undefined };

/** What was learned of one percentile; nothing of any other. */
const learned = (percentile: number, ms: number): LearnedTimes => ({
  ...nothing,
  percentileMs: (asked) => (asked === percentile ? ms : undefined),
});

/** What was learned of one share of responses; nothing of any other. */
const learnedTail = (ratio: number, ms: number): LearnedTimes => ({
  ...nothing,
  tailMs: (asked) => (asked === ratio ? ms : undefined),
});

const limits = { minDelayMs: 5, maxDelayMs: 2000 };

describe.each([
  ['hedgeDelayMs', (options: HedgeDelayOptions, times: LearnedTimes) => hedgeDelayMs(options, times, 0.04)],
  ['unsteeredDelayMs', unsteeredDelayMs],
])('%s', (_, delayMsOf) => {
  test.each<[HedgeDelayOptions['delayMs'], LearnedTimes, number]>([
    ['p95', learned(95, 120), 120],
    ['p50', learned(50, 30), 30],
    ['p99.9', learned(99.9, 800), 800],
    ['p95', learned(95, 5), 5],
    ['p95', learned(95, 4.9), 5],
    ['p95', learned(95, 2000), 2000],
    ['p95', learned(95, 2000.1), 2000],
  ])('with %j is what was learned of it, within the limits', (delayMs, times, expected) => {
    expect(delayMsOf({ ...limits, delayMs }, times)).toBe(expected);
  });

  test.each(['p95', 'auto'] as const)('with %j is infinite while too little is known', (delayMs) => {
    expect(delayMsOf({ ...limits, delayMs }, nothing)).toBe(Infinity);
  });

  test.each([1, 50, 10_000])('of %d ms is these, whatever the limits', (delayMs) => {
    expect(delayMsOf({ ...limits, delayMs }, nothing)).toBe(delayMs);
  });

  test('may have no limits', () => {
    const unlimited = { delayMs: 'p95', minDelayMs: 0, maxDelayMs: Infinity } as const;
    expect([0.001, 3e6].map((ms) => delayMsOf(unlimited, learned(95, ms)))).toEqual([0.001, 3e6]);
  });
});

describe("with 'auto'", () => {
  const auto = { ...limits, delayMs: 'auto' } as const;

  test.each([
    [120, 120],
    [4.9, 5],
    [Infinity, 2000],
  ])(
    'the first hedge of a request comes after what the share of slow responses exceeds: %d, within the limits',
    (ms, expected) => {
      expect(hedgeDelayMs(auto, learnedTail(0.03, ms), 0.03)).toBe(expected);
    },
  );

  test('where few requests are concerned, the 90th percentile is waited for', () => {
    expect(unsteeredDelayMs(auto, learned(90, 70))).toBe(70);
  });
});
