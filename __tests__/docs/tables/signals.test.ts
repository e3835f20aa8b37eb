import { usage } from '../../../src/cli/flags/usage.ts';
import { signalMeanings } from '../../../src/cli/signals/signals.ts';
import { codeIn, tableOf } from './tables.ts';

describe('the table of signals', () => {
  const rows = tableOf('signal', 'meaning').flatMap(({ signal, meaning }) =>
    codeIn(signal).map((name) => [name, meaning] as const),
  );

  test('has each signal once, with the word for its meaning first', () => {
    const told = rows.map(([name, meaning]) => [name, /^\w+/.exec(meaning)?.[0].toLowerCase()]);
    expect(Object.fromEntries(told)).toEqual(signalMeanings);
    expect(rows).toHaveLength(Object.keys(signalMeanings).length);
  });

  test('names the signals of which the usage tells', () => {
    expect(new Set(usage().match(/\bSIG[A-Z0-9]+\b/g))).toEqual(new Set(Object.keys(signalMeanings)));
  });
});
