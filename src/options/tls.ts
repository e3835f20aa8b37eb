import { X509Certificate } from 'node:crypto';
import { isIP } from 'node:net';
import nodeTls, { createSecureContext } from 'node:tls';
import { type TlsOptions, tlsVersions } from '../endpoints/place/tls-options.ts';
import { type OptionParser, oneOf, type Parser, trueOrFalse, valueThat, withSchema } from '../support/parser/kinds.ts';
import { inWords, none, type OptionTable, objectOf, option } from '../support/parser/option.ts';
import { refuse, reject, rejectUnseen } from '../support/parser/problems.ts';
import { oneOrSome, textLike } from '../support/parser/schema.ts';
import { isPlainObject } from '../support/plain-object.ts';

type Pem = NonNullable<TlsOptions['ca']>;

const pem = valueThat<Pem>(isPem, 'a PEM string, a Buffer or an array of these', oneOrSome({ type: 'string' }, 0));

/** Whether a value is text, or a list of texts. The list is copied, because its own `every` passes over holes. */
function isPem(value: unknown): boolean {
  return Array.isArray(value) ? [...value].every(isText) : isText(value);
}

function isText(value: unknown): boolean {
  return typeof value === 'string' || value instanceof Uint8Array;
}

/** Certificates, each of which can be read: node:tls leaves the others out, and takes an empty text for Node's own authorities. */
const authorities = withSchema<Pem>(oneOrSome({ type: 'string' }), (value, option) => {
  const given = pem(value, option);
  const list = (Array.isArray(given) ? given : [given]) as ReadonlyArray<string | Uint8Array>;
  for (const text of list) checkCertificates(text, option);
  if (list.length === 0) refuse(option, 'expected certificates in PEM, got none');
  return given;
});

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

const dottedName = /^(?!.{254})[\w-]+(?:\.[\w-]+)*$/;

/** A name that SNI may carry: no IP address, no final dot (RFC 6066 3). */
const hostName = valueThat<string>(
  (value) => typeof value === 'string' && isIP(value) === 0 && dottedName.test(value),
  "a host name such as 'api.internal', without a final dot",
  textLike(dottedName),
);

const passphrase = withSchema<string>({ type: 'string' }, (value, option) =>
  typeof value === 'string' ? value : rejectUnseen(option, 'a string', value),
);

/** Ciphers of which OpenSSL knows at least one; it passes over the others. */
const cipherList = withSchema<string>({ type: 'string', minLength: 1 }, (value, option) => {
  if (typeof value !== 'string' || value === '') reject(option, 'names of ciphers with colons between', value);
  try {
    createSecureContext({ ciphers: value });
  } catch (error) {
    refuse(option, `expected names of ciphers with colons between, but OpenSSL says: ${reasonOf(error)}`);
  }
  return value;
});

/** The options of `tls`. */
export const tlsOptions = {
  ca: option(authorities, inWords("Node's own"), "Authorities to trust instead of Node's own, PEM"),
  cert: option(pem, none, 'Our certificate for endpoints that ask for one, PEM'),
  key: option(pem, none, 'The private key that belongs to `cert`, PEM'),
  passphrase: option(passphrase, none, 'Passphrase of `key`, where it has one'),
  rejectUnauthorized: option(
    trueOrFalse,
    true,
    'Check the certificates of endpoints; `false` accepts any, for tests only',
  ),
  servername: option(
    hostName,
    inWords('the host name of the URL'),
    'Host name to ask for in the handshake (SNI), and for which the certificate has to be',
  ),
  ciphers: option(cipherList, inWords("Node's own"), 'Ciphers to offer, best first, as OpenSSL names them'),
  minVersion: option(oneOf(tlsVersions), inWords("Node's own"), 'Oldest version to offer'),
  maxVersion: option(oneOf(tlsVersions), inWords("Node's own"), 'Newest version to offer'),
} satisfies OptionTable<TlsOptions>;

/** An undefined field is the same to node:tls as one that is not there. */
const allTls = objectOf(tlsOptions);
const tlsObject = allTls as Parser<TlsOptions>;

/** The option `tls`. A certificate or key that could not work at the first https endpoint is refused. */
export const parseTls: OptionParser<TlsOptions> = withSchema(allTls.schema, (value, option) => {
  if (!isPlainObject(value)) rejectUnseen(option, 'an object', value);
  const parsed = tlsObject(value, option);
  checkIdentity(parsed, option);
  checkVersions(parsed, option);
  return parsed;
});

/** Refuses an oldest version that is newer than the newest. Node's own counts where one of them is not given. */
export function checkVersions({ minVersion, maxVersion }: TlsOptions, option: string): void {
  const oldest = minVersion ?? nodeTls.DEFAULT_MIN_VERSION;
  const newest = maxVersion ?? nodeTls.DEFAULT_MAX_VERSION;
  if (tlsVersions.indexOf(oldest) <= tlsVersions.indexOf(newest)) return;
  if (minVersion === undefined) {
    refuse(`${option}.maxVersion`, `expected at least Node's own \`minVersion\`, '${oldest}', got '${newest}'`);
  }
  const named = maxVersion === undefined ? "Node's own `maxVersion`" : `\`${option}.maxVersion\``;
  refuse(`${option}.minVersion`, `expected at most ${named}, '${newest}', got '${oldest}'`);
}

/** Refuses a certificate without its key, and a key without its certificate. node:tls takes an empty text for none. */
export function checkIdentity({ cert, key, passphrase }: TlsOptions, option: string): void {
  if (cert === undefined && key === undefined) return;
  if (!hasText(cert)) refuse(`${option}.cert`, `expected the certificate that belongs to \`${option}.key\`, got none`);
  if (!hasText(key)) refuse(`${option}.key`, `expected the key that belongs to \`${option}.cert\`, got none`);
  try {
    createSecureContext({ cert, key, passphrase } as Parameters<typeof createSecureContext>[0]);
  } catch (error) {
    const expected = `expected a certificate in PEM, with its key in \`${option}.key\``;
    refuse(`${option}.cert`, `${expected}, but OpenSSL says: ${reasonOf(error)}`);
  }
}

function hasText(value: TlsOptions['cert']): boolean {
  return Array.isArray(value) ? value.length > 0 && value.every(hasText) : (value?.length ?? 0) > 0;
}

/** The reason that OpenSSL gives. It shows nothing of the text, which is a secret. */
function reasonOf(error: unknown): string {
  const { reason, message } = error as { readonly reason?: string; readonly message: string };
  return reason ?? message;
}
