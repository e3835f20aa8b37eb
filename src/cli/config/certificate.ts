import { createSecureContext } from 'node:tls';
import { CommandError } from '../flags/command-error.ts';
import { labelOf } from '../flags/flag-value.ts';
import type { ParsedFlags } from '../flags/parse-flags.ts';
import { readText } from './read-text.ts';

/** A certificate to show to clients, in PEM. */
export interface Certificate {
  /** The certificate, with those between it and its root. */
  readonly cert: string;
  /** The private key of the certificate. */
  readonly key: string;
}

type PemFlag = 'tls-cert' | 'tls-key';

/**
 * Reads the certificate that `-tls-cert` and `-tls-key` name, each time anew; undefined when they name none.
 * @throws CommandError with exit code 2.
 */
export async function readCertificate(flags: ParsedFlags): Promise<Certificate | undefined> {
  const { 'tls-cert': cert, 'tls-key': key } = flags.values;
  if (cert === '' && key === '') return undefined;
  if (cert === '') throw problemWith('tls-key', flags, 'expected -tls-cert with it');
  if (key === '') throw problemWith('tls-cert', flags, 'expected -tls-key with it');
  const certificate = { cert: await readPem('tls-cert', flags), key: await readPem('tls-key', flags) };
  try {
    createSecureContext(certificate);
  } catch (error) {
    throw problemWith('tls-cert', flags, `${cert} cannot be used with ${key}: ${(error as Error).message}`);
  }
  return certificate;
}

async function readPem(name: PemFlag, flags: ParsedFlags): Promise<string> {
  const file = flags.values[name];
  try {
    const text = await readText(file);
    // Node takes an empty text, such as of a file that is just being written, for no certificate: there would be no error now,
    // and then no handshake.
    if (text.trim() === '') throw new Error('it is empty');
    return text;
  } catch (error) {
    throw problemWith(name, flags, `${file} cannot be read: ${(error as Error).message}`);
  }
}

function problemWith(name: PemFlag, { given }: ParsedFlags, problem: string): CommandError {
  return new CommandError(2, `${labelOf(name, given.get(name) ?? 'flag')}: ${problem}`);
}
