import { inspect } from 'node:util';
import { CommandError } from './command-error.ts';
import { type FlagName, type FlagValues, flags } from './flags.ts';

/** Where the value of a flag stands. */
export type Origin = 'flag' | 'variable';

/** What somebody wrote for a flag. */
export interface FlagText {
  readonly name: FlagName;
  readonly text: string;
  readonly origin: Origin;
}

/** What the user of the command wrote, or would have to write, for a flag to have a value. */
export function labelOf(name: FlagName, origin: Origin): string {
  return origin === 'flag' ? `flag -${name}` : `variable ${variableOf(name)}`;
}

/** The environment variable that stands for a flag. */
export function variableOf(name: FlagName): string {
  return `BRP_${name.toUpperCase().replaceAll('-', '_')}`;
}

/**
 * The values of flags; of several texts for one flag the last one counts.
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
