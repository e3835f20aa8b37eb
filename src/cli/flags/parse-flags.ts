import { inspect } from 'node:util';
import { nearestOf } from '../../support/nearest-name.ts';
import { CommandError } from './command-error.ts';
import { type Environment, flagsInEnvironment } from './environment.ts';
import { type FlagText, type Origin, parseFlagTexts } from './flag-value.ts';
import { type FlagName, type FlagValues, flagCalled, flagNames, flags, isQuestion } from './flags.ts';

/** What a command line says, and the environment where it says nothing. */
export interface ParsedFlags {
  readonly values: FlagValues;
  /** The flags that were given, and where; all others have their default. */
  readonly given: ReadonlyMap<FlagName, Origin>;
}

const flagSyntax = /^--?(?<name>[^-=][^=]*)(?:=(?<text>.*))?$/s;

/**
 * Reads a command line as Go's `flag` does (one or two dashes, `-flag value` or `-flag=value`, the last one wins), and
 * unambiguous abbreviations besides. Who asks for help or the version need not have the environment right.
 * @throws CommandError with exit code 2, with a line for each value that is wrong.
 */
export function parseFlags(argv: readonly string[], environment: Environment = {}): ParsedFlags {
  const onLine = flagsOn(argv);
  const texts = asksSomething(onLine) ? onLine : [...flagsInEnvironment(environment), ...onLine];
  const given = new Map(texts.map(({ name, origin }) => [name, origin]));
  return { values: { ...fallbackValues, ...parseFlagTexts(texts) }, given };
}

const fallbackValues = parseFlagTexts(
  flagNames.map((name) => ({ name, text: flags[name].fallback, origin: 'flag' })),
) as FlagValues;

function asksSomething(texts: readonly FlagText[]): boolean {
  return texts.some(({ name, text }) => isQuestion(name) && flags[name].parse(text));
}

function flagsOn(argv: readonly string[]): readonly FlagText[] {
  const found: FlagText[] = [];
  // One iterator for all: a flag takes its value from it, and what `--` leaves in it is no flag.
  const words = argv.values();
  for (const word of words) {
    if (word === '--') break;
    const { name, text } = splitFlag(word);
    found.push({ name, text: text ?? followingText(name, words), origin: 'flag' });
  }
  for (const word of words) refusePositional(word);
  return found;
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
  const { placeholder, expected } = flagCalled(name);
  if (placeholder === '') return 'true';
  const following = words.next();
  if (following.done) throw new CommandError(2, `flag -${name}: expected ${expected}, got nothing`);
  return following.value;
}

function refusePositional(word: string): never {
  const advice = 'only flags are taken, and the value of a boolean one is written -flag=false';
  throw new CommandError(2, `unexpected argument ${inspect(word)}: ${advice}`);
}
