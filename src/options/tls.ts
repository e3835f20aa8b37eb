import { X509Certificate } from 'node:crypto';
import { createSecureContext } from 'node:tls';
import {
  boolean,
  fields,
  isPlainObject,
  optional,
  type Parser,
  refuse,
  rejectUnseen,
  valueThat,
} from '../support/parser/kinds.ts';
import type { TlsOptions } from '../transports/message/transport.ts';

type Pem = NonNullable<TlsOptions['ca']>;

const pem = valueThat<Pem>(isPem, 'a PEM string, a Buffer or an array of these');

/** Not `every` of the list itself, which passes over holes. */
function isPem(value: unknown): boolean {
  return Array.isArray(value) ? [...value].every(isText) : isText(value);
}

function isText(value: unknown): boolean {
  return typeof value === 'string' || value instanceof Uint8Array;
}

/** A list of certificates. node:tls leaves out what it cannot read, and takes an empty text for Node's own authorities. */
const authorities: Parser<Pem> = (value, option) => {
  const given = pem(value, option);
  const list = (Array.isArray(given) ? given : [given]) as ReadonlyArray<string | Uint8Array>;
  for (const text of list) checkCertificates(text, option);
  if (list.length === 0) refuse(option, 'expected certificates in PEM, got none');
  return given;
};

function checkCertificates(text: string | Uint8Array, option: string): void {
  const blocks = Buffer.from(text as string)
    .toString('latin1')
    .split(/(?=-----BEGIN )/)
    .filter((block) => /^-----BEGIN (?:X509 |TRUSTED )?CERTIFICATE-----/.test(block));
  if (blocks.length === 0) refuse(option, 'expected certificates in PEM, got something else');
  for (const [index, block] of blocks.entries()) {
    try {
      new X509Certificate(block);
    } catch (error) {
      refuse(option, `expected certificates in PEM, but number ${index + 1} cannot be read: ${reasonOf(error)}`);
    }
  }
}

const tlsFields = fields<TlsOptions>({
  ca: optional(authorities, undefined),
  cert: optional(pem, undefined),
  key: optional(pem, undefined),
  rejectUnauthorized: optional(boolean, true),
});

/** The option `tls`. What could not work at the first https endpoint is refused here. */
export const tls: Parser<TlsOptions> = (value, option) => {
  if (!isPlainObject(value)) rejectUnseen(option, 'an object', value);
  const parsed = tlsFields(value, option);
  checkIdentity(parsed, option);
  return parsed;
};

/** Our certificate and its key are of no use without each other; an empty one is none to node:tls. */
function checkIdentity({ cert, key }: TlsOptions, option: string): void {
  if (cert === undefined && key === undefined) return;
  if (!hasText(cert)) refuse(`${option}.cert`, `expected the certificate that belongs to \`${option}.key\`, got none`);
  if (!hasText(key)) refuse(`${option}.key`, `expected the key that belongs to \`${option}.cert\`, got none`);
  try {
    createSecureContext({ cert, key } as Parameters<typeof createSecureContext>[0]);
  } catch (error) {
    const expected = `expected a certificate in PEM, with its key without a passphrase in \`${option}.key\``;
    refuse(`${option}.cert`, `${expected}, but OpenSSL says: ${reasonOf(error)}`);
  }
}

function hasText(value: TlsOptions['cert']): boolean {
  return Array.isArray(value) ? value.length > 0 && value.every(hasText) : (value?.length ?? 0) > 0;
}

/** Nothing of the text, which is a secret. */
function reasonOf(error: unknown): string {
  const { reason, message } = error as { readonly reason?: string; readonly message: string };
  return reason ?? message;
}
