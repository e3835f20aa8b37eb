import { type ParseArgsConfig, parseArgs } from 'node:util';
import { UserError } from '../../shared/command.ts';

/**
 * Reads flags, which are all that may stand in a command line.
 * @throws UserError with the usage for a flag that does not exist, or that has no value where it needs one.
 */
export function flagValues<const Options extends NonNullable<ParseArgsConfig['options']>>(
  args: readonly string[],
  options: Options,
  usage: string,
) {
  try {
    return parseArgs({ args: [...args], options }).values;
  } catch (error) {
    const [problem] = (error as Error).message.split('. ');
    throw new UserError(`${problem}\n${usage}`, 2);
  }
}

/** The number of a flag. @throws UserError for anything but a whole number from 1. */
export function countOf(flag: string, value: string): number {
  if (!/^[1-9]\d{0,5}$/.test(value)) throw new UserError(`${flag}: expected a whole number from 1, got '${value}'`, 2);
  return Number(value);
}
