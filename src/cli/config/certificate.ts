import { randomBytes } from 'node:crypto';
import { createSecureContext } from 'node:tls';
import { problemWithFlag } from '../flags/flag-value.ts';
import type { ParsedFlags } from '../flags/parse-flags.ts';
import { Problems } from '../flags/problems.ts';
import type { RawOptions } from './proxy-options.ts';
import { readText } from './read-text.ts';

/** A certificate to show to clients, in PEM. */
export interface Certificate {
  /** The certificate, with those between it and its root. */
  readonly cert: string;
  /** The private key of the certificate. */
  readonly key: string;
  /** Encrypts the tickets by which clients resume a session: with the same ones in all workers they resume it at any of them. */
  readonly ticketKeys: Buffer;
}

/** Makes keys for tickets, which stay the same for the life of the command. */
export function createTicketKeys(): Buffer {
  return randomBytes(48);
}

/** The flags that set the option `tls`, by its fields. */
const endpointFlags = { ca: 'tls-ca', cert: 'tls-client-cert', key: 'tls-client-key' } as const;

type PemFlag = 'tls-cert' | 'tls-key' | (typeof endpointFlags)[keyof typeof endpointFlags];

/** What begins a private key that nobody can read without its passphrase: PKCS #8, and the older form of OpenSSL. */
const lockedKey = /^(?:-----BEGIN ENCRYPTED PRIVATE KEY-----|Proc-Type: 4,ENCRYPTED)/m;

/**
 * Reads the certificate that `-tls-cert` and `-tls-key` name, each time anew; undefined when they name none.
 * @throws CommandError with exit code 2.
 */
export async function readCertificate(flags: ParsedFlags, ticketKeys: Buffer): Promise<Certificate | undefined> {
  const { 'tls-cert': cert, 'tls-key': key } = flags.values;
  if (cert === '' && key === '') return undefined;
  if (cert === '') throw problemWithFlag('tls-key', flags.given, 'expected -tls-cert with it');
  if (key === '') throw problemWithFlag('tls-cert', flags.given, 'expected -tls-key with it');
  const texts = await readPems({ cert: 'tls-cert', key: 'tls-key' }, flags);
  try {
    createSecureContext(texts);
  } catch (error) {
    throw problemWithFlag(
      'tls-cert',
      flags.given,
      `${cert} cannot be used with ${key}: ${whyUnusable(texts, error as Error)}`,
    );
  }
  return { ...texts, ticketKeys };
}

/** Says why a certificate and a key are none, as OpenSSL has one error (`no start line`) for the files swapped and for much else. */
function whyUnusable({ cert, key }: Pick<Certificate, 'cert' | 'key'>, { message }: Error): string {
  if (!/^-----BEGIN (?:X509 |TRUSTED )?CERTIFICATE-----/m.test(cert)) return 'the first has no certificate in PEM';
  if (!/^-----BEGIN (?:[A-Z]+ )?PRIVATE KEY-----/m.test(key)) return 'the second has no private key in PEM';
  return message;
}

/**
 * Reads the files that `-tls-ca`, `-tls-client-cert` and `-tls-client-key` name, each time anew, as the option `tls`.
 * @throws CommandError with exit code 2.
 */
export async function readEndpointTls(flags: ParsedFlags): Promise<RawOptions> {
  const given = Object.entries(endpointFlags).filter(([, name]) => flags.values[name] !== '');
  return given.length === 0 ? {} : { tls: await readPems(Object.fromEntries(given), flags) };
}

/** Reads the files of several flags. @throws CommandError with a line for each that cannot be read. */
async function readPems<Field extends string>(
  names: Readonly<Record<Field, PemFlag>>,
  flags: ParsedFlags,
): Promise<Record<Field, string>> {
  const problems = new Problems();
  const texts: Array<[string, string]> = [];
  for (const [field, name] of Object.entries<PemFlag>(names)) {
    texts.push([field, (await problems.of(() => readPem(name, flags))) ?? '']);
  }
  problems.throwAny();
  return Object.fromEntries(texts) as Record<Field, string>;
}

async function readPem(name: PemFlag, flags: ParsedFlags): Promise<string> {
  const file = flags.values[name];
  try {
    const text = await readText(file);
    // Node takes an empty text, such as of a file that is just being written, for no certificate: there would be no error now,
    // and then no handshake.
    if (text.trim() === '') throw new Error('it is empty');
    if (lockedKey.test(text)) throw new Error('its key has a passphrase; `openssl pkey` writes one without');
    return text;
  } catch (error) {
    throw problemWithFlag(name, flags.given, `${file} cannot be read: ${(error as Error).message}`);
  }
}
