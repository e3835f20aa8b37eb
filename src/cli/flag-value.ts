import { inspect } from 'node:util';
import { CommandError } from './command-error.ts';
import { type FlagName, flags } from './flags.ts';

/** Where the value of a flag stands. */
export type Origin = 'flag' | 'variable';

/** What the user of the command wrote, or would have to write, for a flag to have a value. */
export function labelOf(name: FlagName, origin: Origin): string {
  return origin === 'flag' ? `flag -${name}` : `variable ${variableOf(name)}`;
}

/** The environment variable that stands for a flag. */
export function variableOf(name: FlagName): string {
  return `BRP_${name.toUpperCase().replaceAll('-', '_')}`;
}

/**
 * The value of a flag.
 * @throws CommandError with exit code 2 when the text is no such value.
 */
export function parseFlagValue(name: FlagName, text: string, origin: Origin): unknown {
  const { parse, expected } = flags[name];
  const value = parse(text);
  if (value === undefined) {
    throw new CommandError(2, `${labelOf(name, origin)}: expected ${expected}, got ${inspect(text)}`);
  }
  return value;
}
