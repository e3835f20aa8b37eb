import { inspect } from 'node:util';
import { CommandError } from './command-error.ts';
import type { Flag } from './flag-kinds.ts';
import { type FlagName, type FlagValues, flagNames, flags, isOriginal } from './flags.ts';

/** What a command line says. */
export interface ParsedFlags {
  readonly values: FlagValues;
  /** The flags that stand on the command line. */
  readonly given: ReadonlySet<FlagName>;
}

const flagSyntax = /^--?(?<name>[^-=][^=]*)(?:=(?<text>.*))?$/s;

/**
 * Reads a command line as Go's `flag` does (one or two dashes, `-flag value` or `-flag=value`, the last one wins), and
 * unambiguous abbreviations besides.
 * @throws CommandError with exit code 2.
 */
export function parseFlags(argv: readonly string[]): ParsedFlags {
  const given = new Map<FlagName, unknown>();
  // One iterator for all: a flag takes its value from it, and what `--` leaves in it is no flag.
  const words = argv.values();
  for (const word of words) {
    if (word === '--') break;
    const { name, text } = splitFlag(word);
    given.set(name, parseValue(name, text ?? followingText(name, words)));
  }
  for (const word of words) refusePositional(word);
  return { values: { ...fallbackValues(), ...Object.fromEntries(given) }, given: new Set(given.keys()) };
}

function splitFlag(word: string): { readonly name: FlagName; readonly text: string | undefined } {
  if (!word.startsWith('-') || word === '-') refusePositional(word);
  const { name, text } = flagSyntax.exec(word)?.groups ?? {};
  if (name === undefined) throw new CommandError(2, `${inspect(word)} is no flag: expected -name or -name=value`);
  return { name: findFlag(name), text };
}

/** The flag that a name or its beginning means. */
function findFlag(text: string): FlagName {
  // Go's `flag` knows this one of its own.
  if (text === 'h') return 'help';
  const candidates = flagNames.filter((name) => name.startsWith(text));
  // An abbreviation that the original understands keeps its meaning, whatever flags are added.
  for (const tier of [candidates.filter((name) => name === text), candidates, candidates.filter(isOriginal)]) {
    if (tier.length === 1 && tier[0] !== undefined) return tier[0];
  }
  if (candidates.length === 0) throw new CommandError(2, `flag -${text} is unknown; -help lists all flags`);
  throw new CommandError(2, `flag -${text} is ambiguous: it may be ${candidates.map((name) => `-${name}`).join(', ')}`);
}

function followingText(name: FlagName, words: Iterator<string>): string {
  if (isBoolean(name)) return 'true';
  const following = words.next();
  if (following.done) throw new CommandError(2, `flag -${name}: expected ${flags[name].expected}, got nothing`);
  return following.value;
}

function parseValue(name: FlagName, text: string): unknown {
  const { parse, expected } = flags[name];
  const value = parse(text);
  if (value === undefined) throw new CommandError(2, `flag -${name}: expected ${expected}, got ${inspect(text)}`);
  return value;
}

function refusePositional(word: string): never {
  const advice = 'only flags are taken, and the value of a boolean one is written -flag=false';
  throw new CommandError(2, `unexpected argument ${inspect(word)}: ${advice}`);
}

function fallbackValues(): FlagValues {
  return Object.fromEntries(flagNames.map((name) => [name, parseValue(name, flags[name].fallback)])) as FlagValues;
}

function isBoolean(name: FlagName): boolean {
  const { placeholder }: Flag<unknown> = flags[name];
  return placeholder === '';
}
