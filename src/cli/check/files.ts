import { accessSync, constants, statSync } from 'node:fs';
import path from 'node:path';
import { problemWithFlag } from '../flags/flag-value.ts';
import type { ParsedFlags } from '../flags/parse-flags.ts';
import { whyNoSocketAt } from '../serve/address/socket-file.ts';

/**
 * Finds out whether the file of `-log-file` could be written or made, without touching it.
 * @throws CommandError with exit code 2.
 */
export function checkLogFile(flags: ParsedFlags): void {
  const file = flags.values['log-file'];
  if (!['', 'stdout', 'stderr'].includes(file)) tellOf('log-file', whyNotWritable(file), flags);
}

/**
 * Finds out whether the Unix socket of an address could be made, if the address is one.
 * @throws CommandError with exit code 2.
 */
export function checkSocket(name: 'address' | 'admin', flags: ParsedFlags): void {
  const address = flags.values[name];
  if (address && 'path' in address) tellOf(name, whyNoSocketAt(address.path), flags);
}

/** Says why a file cannot be written or made; undefined where it can. */
function whyNotWritable(file: string): string | undefined {
  try {
    const present = statSync(file, { throwIfNoEntry: false });
    if (present?.isDirectory()) return `${file} is a directory`;
    accessSync(present ? file : path.dirname(file), constants.W_OK);
  } catch (error) {
    return (error as Error).message;
  }
  return undefined;
}

function tellOf(name: 'log-file' | 'address' | 'admin', problem: string | undefined, { given }: ParsedFlags): void {
  if (problem !== undefined) throw problemWithFlag(name, given, problem);
}
