import { delayMsOf, type Strategy, strategies } from '../../src/race/delay.ts';

describe('delayMsOf', () => {
  test.each<[Strategy, number]>([
    ['race', 0],
    ['failover', Infinity],
  ])('gives %s a delay of %d ms', (strategy, delayMs) => {
    expect(delayMsOf(strategy)).toBe(delayMs);
  });

  test('knows a delay for every strategy', () => {
    expect(strategies.map(delayMsOf)).not.toContain(undefined);
  });
});
