import { strategyNames } from '../../../src/race/strategies/strategies.ts';
import { codeIn, tableOf } from './tables.ts';

const quoted = strategyNames.map((name) => `'${name}'`);

describe('the table of strategies', () => {
  test('has each strategy, in the order of their table', () => {
    expect(
      tableOf('strategy', 'the next attempt starts', 'use it').flatMap(({ strategy }) => codeIn(strategy)),
    ).toEqual(quoted);
  });
});

test('the row of the option `strategy` names each one, the default first', () => {
  const [row] = tableOf('option', 'default', 'meaning').filter(({ option }) => codeIn(option)[0] === 'strategy');
  expect(row).toBeDefined();
  expect(codeIn(row?.default ?? '')).toEqual(quoted.slice(0, 1));
  expect(codeIn(row?.meaning ?? '').filter((code) => code.startsWith("'"))).toEqual(quoted);
});
