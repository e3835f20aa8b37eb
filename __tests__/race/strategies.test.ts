import type { LearnedTimes } from '../../src/race/delay.ts';
import { paceOfMending } from '../../src/race/strategies/rules.ts';
import { strategyNames } from '../../src/race/strategies/strategies.ts';

describe('strategies', () => {
  test('are these and those that were added, the default first', () => {
    expect(strategyNames.slice(0, 4)).toEqual(['race', 'hedge', 'failover', 'single']);
  });
});

describe('the pace at which a broken body is asked for again', () => {
  const hedge = { minDelayMs: 5, maxDelayMs: 2_000 };
  const learned: LearnedTimes = { percentileMs: (percentile) => percentile * 10, tailMs: () => 1 };
  const nothing: LearnedTimes = { percentileMs: () => undefined, tailMs: () => undefined };

  test.each([
    { delayMs: 'auto', latency: learned, expected: 900, what: 'the 90th percentile, whatever the budget' },
    { delayMs: 'p95', latency: learned, expected: 950, what: 'the percentile that is given' },
    { delayMs: 50, latency: learned, expected: 50, what: 'the delay that is given' },
    { delayMs: 'auto', latency: nothing, expected: 2_000, what: 'the largest delay, as long as too little is known' },
  ] as const)('is with $delayMs $what', ({ delayMs, latency, expected }) => {
    expect(paceOfMending({ ...hedge, delayMs }).delayMs({ endpoint: { latency } })).toBe(expected);
  });
});
