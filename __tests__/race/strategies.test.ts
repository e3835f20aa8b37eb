import { strategyNames } from '../../src/race/strategies/strategies.ts';

describe('strategies', () => {
  test('are these and those that were added, the default first', () => {
    expect(strategyNames.slice(0, 4)).toEqual(['race', 'hedge', 'failover', 'single']);
  });
});
