import { inspect } from 'node:util';
import { CommandError } from './command-error.ts';
import { type FlagName, type FlagValues, flags } from './flags.ts';

/** The place where the value of a flag stands: the command line or the environment. */
export type Origin = 'flag' | 'variable';

/** A value as somebody wrote it for a flag. */
export interface FlagText {
  /** The flag's whole name, however it was abbreviated. */
  readonly name: FlagName;
  /** The value, not parsed yet. */
  readonly text: string;
  /** The place where the value was written. */
  readonly origin: Origin;
}

/** A flag as the user of the command has to write it there, such as `flag -via` or `variable BRP_VIA`. */
export function labelOf(name: FlagName, origin: Origin): string {
  return origin === 'flag' ? `flag -${name}` : `variable ${variableOf(name)}`;
}

/** The error of a flag's value that turns out to be of no use. @param given says where values were written; by itself a value is the flag's. */
export function problemWithFlag(name: FlagName, given: ReadonlyMap<FlagName, Origin>, problem: string): CommandError {
  return new CommandError(2, `${labelOf(name, given.get(name) ?? 'flag')}: ${problem}`);
}

/** The environment variable that stands for a flag. */
export function variableOf(name: FlagName): string {
  return `BRP_${name.toUpperCase().replaceAll('-', '_')}`;
}

/**
 * Parses the values of flags; of several texts for one flag the last one counts.
 * @throws CommandError with exit code 2 and a line for each text that is no such value.
 */
export function parseFlagTexts(texts: readonly FlagText[]): Partial<FlagValues> {
  const entries = texts.map((text) => [text.name, flags[text.name].parse(text.text)] as const);
  const problems = texts.filter((_, index) => entries[index]?.[1] === undefined).map(describeProblem);
  if (problems.length > 0) throw new CommandError(2, ...problems);
  return Object.fromEntries(entries);
}

function describeProblem({ name, text, origin }: FlagText): string {
  return `${labelOf(name, origin)}: expected ${flags[name].expected}, got ${inspect(text)}`;
}
