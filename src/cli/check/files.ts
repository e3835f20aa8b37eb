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
export async function checkLogFile(flags: ParsedFlags): Promise<void> {
  const file = flags.values['log-file'];
  if (['', 'stdout', 'stderr'].includes(file)) return;
  const problem = await whyNotWritable(file);
  const isMissing = problem?.code === 'ENOENT';
  tellOf('log-file', isMissing ? await whyNotWritable(path.dirname(file)) : problem, flags);
}

/**
 * Finds out whether the Unix socket of an address could be made, if the address is one.
 * @throws CommandError with exit code 2.
 */
export async function checkSocket(name: 'address' | 'admin', flags: ParsedFlags): Promise<void> {
  const address = flags.values[name];
  if (address && 'path' in address) tellOf(name, await whyNotWritable(path.dirname(address.path)), flags);
}

/** Says why a file cannot be written, or why nothing can be made in a folder. */
function whyNotWritable(file: string): Promise<NodeJS.ErrnoException | undefined> {
  return access(file, constants.W_OK).then(
    () => undefined,
    (error: NodeJS.ErrnoException) => error,
  );
}

function tellOf(name: 'log-file' | 'address' | 'admin', problem: Error | undefined, { given }: ParsedFlags): void {
  if (problem) throw new CommandError(2, `${labelOf(name, given.get(name) ?? 'flag')}: ${problem.message}`);
}
