import { strategyNames } from '../../src/race/strategies/strategies.ts';

describe('strategies', () => {
  test('are these, the default first', () => {
    expect(strategyNames).toEqual(['race', 'hedge', 'failover', 'single']);
  });
});
