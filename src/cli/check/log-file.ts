import { constants } from 'node:fs';
import { access } from 'node:fs/promises';
import path from 'node:path';
import { CommandError } from '../flags/command-error.ts';
import { labelOf } from '../flags/flag-value.ts';
import type { ParsedFlags } from '../flags/parse-flags.ts';

/**
 * Finds out whether the file of `-log-file` could be written or made, without touching it.
 * @throws CommandError with exit code 2.
 */
export async function checkLogFile({ values, given }: ParsedFlags): Promise<void> {
  const file = values['log-file'];
  if (['', 'stdout', 'stderr'].includes(file)) return;
  const mayBeWritten = await access(file, constants.W_OK).then(
    () => undefined,
    (error: NodeJS.ErrnoException) => error,
  );
  const problem = mayBeWritten?.code === 'ENOENT' ? await problemOfMaking(file) : mayBeWritten;
  const label = labelOf('log-file', given.get('log-file') ?? 'flag');
  if (problem) throw new CommandError(2, `${label}: cannot open the log file: ${problem.message}`);
}

/** Says why a file cannot be made where it is to be. */
async function problemOfMaking(file: string): Promise<Error | undefined> {
  return access(path.dirname(file), constants.W_OK).then(
    () => undefined,
    (error: Error) => error,
  );
}
