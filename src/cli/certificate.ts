import { readFile } from 'node:fs/promises';
import { createSecureContext } from 'node:tls';
import { CommandError } from './command-error.ts';
import type { FlagName, FlagValues } from './flags.ts';

/** What clients are shown and how we prove it, PEM both. */
export interface Certificate {
  readonly cert: string;
  readonly key: string;
}

/**
 * The certificate that `-tls-cert` and `-tls-key` name, read anew; undefined when they name none.
 * @throws CommandError with exit code 2.
 */
export async function readCertificate(values: FlagValues): Promise<Certificate | undefined> {
  if (values['tls-cert'] === '' && values['tls-key'] === '') return undefined;
  if (values['tls-cert'] === '') throw new CommandError(2, 'flag -tls-key: expected -tls-cert with it');
  if (values['tls-key'] === '') throw new CommandError(2, 'flag -tls-cert: expected -tls-key with it');
  const certificate = { cert: await readPem('tls-cert', values), key: await readPem('tls-key', values) };
  try {
    createSecureContext(certificate);
  } catch (error) {
    const problem = `cannot be used: ${(error as Error).message}`;
    throw new CommandError(
      2,
      `flags -tls-cert and -tls-key: ${values['tls-cert']} and ${values['tls-key']} ${problem}`,
    );
  }
  return certificate;
}

async function readPem(name: FlagName & `tls-${string}`, values: FlagValues): Promise<string> {
  try {
    return await readFile(values[name], 'utf8');
  } catch (error) {
    throw new CommandError(2, `flag -${name}: ${values[name]} cannot be read: ${(error as Error).message}`);
  }
}
