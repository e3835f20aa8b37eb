import { retryWaitMs } from '../../src/race/retry.ts';

describe('the next round', () => {
  const rules = { forMs: 1_000, everyMs: 250 };
  const round = { elapsedMs: 100, lastedMs: 100, coolingMs: 0 };

  test.each([
    ['comes when the time of one round is over', rules, round, 150],
    ['comes at once when the last one took longer than that', rules, { ...round, lastedMs: 300 }, 0],
    ['waits until an endpoint has cooled down', rules, { ...round, coolingMs: 700 }, 700],
    ['comes at the very end of the time', rules, { ...round, elapsedMs: 850 }, 150],
    ['does not come later', rules, { ...round, elapsedMs: 851 }, undefined],
    ['does not come when everybody is cooling for longer', rules, { ...round, coolingMs: 901 }, undefined],
    [
      'does not come when everybody is drained',
      { ...rules, forMs: Infinity },
      { ...round, coolingMs: Infinity },
      undefined,
    ],
    [
      'never comes without time for any',
      { ...rules, forMs: 0 },
      { elapsedMs: 0, lastedMs: 250, coolingMs: 0 },
      undefined,
    ],
  ])('%s', (_, options, state, expected) => {
    expect(retryWaitMs(options, state)).toBe(expected);
  });
});
