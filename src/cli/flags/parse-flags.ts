import { inspect } from 'node:util';
import { nearestOf } from '../../support/nearest-name.ts';
import { CommandError } from './command-error.ts';
import { type Environment, flagsInEnvironment } from './environment.ts';
import { type FlagText, type Origin, parseFlagTexts } from './flag-value.ts';
import { type FlagName, type FlagValues, flagCalled, flagNames, flags } from './flags.ts';

/** The flags of a command line, and those of the environment that the command line does not have. */
export interface ParsedFlags {
  /** The value of every flag, given or not. */
  readonly values: FlagValues;
  /** The flags that were given, with the place; all others have their default. */
  readonly given: ReadonlyMap<FlagName, Origin>;
}

const flagSyntax = /^--?(?<name>[^-=][^=]*)(?:=(?<text>.*))?$/s;

/**
 * Reads a command line as Go's `flag` does (one or two dashes, `-flag value` or `-flag=value`, the last one wins), and
 * unambiguous abbreviations besides. The environment is not even looked at when help or the version is asked for.
 * @throws CommandError with exit code 2 and a line for each value that is wrong.
 */
export function parseFlags(argv: readonly string[], environment: Environment = {}): ParsedFlags {
  const onLine = flagsOn(argv);
  const texts = asksSomething(onLine) ? onLine : [...flagsInEnvironment(environment), ...onLine];
  const given = new Map(texts.map(({ name, origin }) => [name, origin]));
  return { values: { ...fallbackValues, ...parseFlagTexts(texts) }, given };
}

/** The default of every flag. */
export const fallbackValues = parseFlagTexts(
  flagNames.map((name) => ({ name, text: flags[name].fallback, origin: 'flag' })),
) as FlagValues;

function asksSomething(texts: readonly FlagText[]): boolean {
  return texts.some(({ name, text }) => (name === 'help' || name === 'version') && flags[name].parse(text));
}

function flagsOn(argv: readonly string[]): readonly FlagText[] {
  const found: FlagText[] = [];
  // One iterator for all: each flag takes its value from it, and the words that it still has after `--` are no flags.
  const words = argv.values();
  for (const word of words) {
    if (word === '--') break;
    if (!word.startsWith('-') || word === '-') refusePositional(word, found.at(-1)?.name);
    const { name, text } = splitFlag(word);
    found.push({ name, text: text ?? followingText(name, words), origin: 'flag' });
  }
  for (const word of words) refusePositional(word);
  return found;
}

function splitFlag(word: string): { readonly name: FlagName; readonly text: string | undefined } {
  const { name, text } = flagSyntax.exec(word)?.groups ?? {};
  if (name === undefined) throw new CommandError(2, `${inspect(word)} is no flag: expected -name or -name=value`);
  return { name: findFlag(name), text };
}

/** Finds the flag that has this name, or whose name alone begins like this. */
function findFlag(text: string): FlagName {
  // Go's `flag` takes -h without being told.
  if (text === 'h') return 'help';
  const candidates = flagNames.filter((name) => name.startsWith(text));
  // An abbreviation that the Go original understands keeps its meaning, whatever flags are added: -e is -endpoints.
  for (const tier of [
    candidates.filter((name) => name === text),
    candidates,
    candidates.filter((name) => flagCalled(name).isOriginal),
  ]) {
    if (tier.length === 1 && tier[0] !== undefined) return tier[0];
  }
  if (candidates.length === 0) throw unknownFlag(text);
  throw new CommandError(2, `flag -${text} is ambiguous: it may be ${candidates.map((name) => `-${name}`).join(', ')}`);
}

function unknownFlag(text: string): CommandError {
  const nearest = nearestOf(text, flagNames);
  const advice = nearest === undefined ? '-help lists all flags' : `did you mean -${nearest}?`;
  return new CommandError(2, `flag -${text} is unknown; ${advice}`);
}

function followingText(name: FlagName, words: Iterator<string>): string {
  const { mayStandAlone, expected } = flagCalled(name);
  if (mayStandAlone) return 'true';
  const following = words.next();
  if (following.done) throw new CommandError(2, `flag -${name}: expected ${expected}, got nothing`);
  return following.value;
}

/** @param before the flag before the word, of which the word may be meant to be the value. */
function refusePositional(word: string, before?: FlagName): never {
  const isValue = before !== undefined && flagCalled(before).mayStandAlone && flags[before].parse(word) !== undefined;
  const advice = isValue
    ? `the value of -${before} is written -${before}=${word}`
    : 'the value of a boolean one is written -flag=false';
  throw new CommandError(2, `unexpected argument ${inspect(word)}: only flags are taken, and ${advice}`);
}
