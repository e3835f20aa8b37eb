import { globSync } from 'node:fs';
import { type FlagName, flagNames, flags } from '../../../src/cli/flags/flags.ts';
import type { Flag } from '../../../src/cli/flags/kinds/flag-kinds.ts';
import { parseFlags } from '../../../src/cli/flags/parse-flags.ts';
import { root } from '../../architecture/sources.ts';
import { commandLines } from '../fences.ts';
import { pages, proseOf, textOf } from '../project.ts';
import { codeIn, tableOf } from './tables.ts';

/** Defaults that are told in words, and what they stand for. */
const words: Readonly<Record<string, string>> = {
  none: '',
  random: '',
  'required, here or in the file of `-config`': '',
  'as `-strategy`': 'same',
};

/** A row for each flag, also where the table tells of several in one. */
const rows = tableOf('flag', 'default', 'meaning').flatMap(({ flag, default: fallbacks, meaning }) => {
  const names = codeIn(flag).map((code) => code.slice(1));
  const each = names.length === 1 ? [fallbacks] : fallbacks.split(', ');
  return names.map((name, index) => ({
    name,
    fallback: each[index] ?? '',
    meaning,
    text: `${fallbacks} ${meaning}`,
  }));
});

describe('the table of flags', () => {
  test('has each flag once and no other', () => {
    expect(rows.map(({ name }) => name).sort()).toEqual([...flagNames].sort());
  });

  const known = rows.filter(({ name }) => name in flags);

  test.each(known)('gives the default of -$name', ({ name, fallback }) => {
    const { parse, fallback: actual } = flags[name as FlagName];
    const [code] = /^`[^`]*`$/.test(fallback) ? codeIn(fallback) : [];
    expect(parse(code ?? words[fallback] ?? `unknown words: ${fallback}`)).toEqual(parse(actual));
  });

  /** The words that a flag takes, but for those that the row of an option explains. */
  const withChoices = known
    .filter(({ meaning }) => !meaning.startsWith('As the option'))
    .map(({ name, text }) => ({ name, text, choices: choicesOf(flags[name as FlagName]) }))
    .filter(({ choices }) => choices.length > 1);

  test.each(withChoices)('names what -$name can be', ({ text, choices }) => {
    expect(choices.filter((choice) => !text.includes(choice))).toEqual([]);
  });
});

/** The tests of the command, all in one text. */
const tests = globSync('__tests__/{cli,world,demo}/**/*.ts', { cwd: root }).map(textOf).join('\n');

test.each(flagNames)('the flag -%s is tried by a test', (name) => {
  expect(tests).toMatch(new RegExp(`[\`'" ]-${name}[\`'"= ]`));
});

function choicesOf({ placeholder, parse }: Flag<unknown>): string[] {
  return placeholder.split('|').filter((word) => parse(word) === word);
}

describe('command lines', () => {
  const lines = commandLines().flatMap(({ line }) => /^(?:npx )?balancing-reverse-proxy (-.*)$/.exec(line)?.[1] ?? []);

  test.each(lines)('that the docs show are taken: %s', (line) => {
    expect(parseFlags(line.split(' ')).given.size).toBeGreaterThan(0);
  });

  test('of which parts are shown name flags that exist', () => {
    const code = pages.flatMap((file) => proseOf(file).split('\n').flatMap(codeIn));
    const parts = code.filter((part) => /^-[a-z]/.test(part));
    const named = parts.flatMap((part) =>
      [...part.matchAll(/(?<=^| )-([a-z][a-z0-9-]*)/g)].map(([, name = '']) => name),
    );
    // How flags are written, and how they are abbreviated.
    const examples = ['flag', 'e'];
    expect(named.filter((name) => !examples.includes(name) && !(name in flags))).toEqual([]);
  });
});
