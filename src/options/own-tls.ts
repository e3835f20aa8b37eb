import type { TlsOptions } from '../endpoints/place/tls-options.ts';
import { type OptionParser, type Parser, withSchema } from '../support/parser/kinds.ts';
import { givenOf } from '../support/parser/option.ts';
import { rejectUnseen } from '../support/parser/problems.ts';
import { isPlainObject } from '../support/plain-object.ts';
import { forgetUnused } from '../transports/connect/forget-unused.ts';
import { asText } from './frozen-copy.ts';
import { checkIdentity, checkVersions, tlsOptions } from './tls.ts';

/** What was read, by its text: a function may give the same certificates anew with each request, and reading them takes long. */
const known = new Map<string, TlsOptions>();
const remembered = { max: 256, isUnused: () => true };

const givenTls = givenOf(tlsOptions);
const parseGiven = givenTls as Parser<TlsOptions>;

/**
 * The `tls` of one endpoint, without defaults, because the general one stands behind it. Equal texts give the same object.
 * A certificate may belong to a general key or passphrase, so that {@link joinedTls} looks whether they fit.
 */
export const parseOwnTls: OptionParser<TlsOptions> = withSchema(givenTls.schema, (value, option) => {
  if (!isPlainObject(value)) rejectUnseen(option, 'an object', value);
  const given = Object.fromEntries(Object.entries(value).map(([name, field]) => [name, inText(field)]));
  if (!Object.values(given).every(isReadable)) return parseGiven(value, option);
  const text = JSON.stringify(given);
  const before = known.get(text);
  if (before) return before;
  const parsed = parseGiven(given, option);
  forgetUnused(known, remembered);
  known.set(text, parsed);
  return parsed;
});

/** The general `tls`, with the fields of an endpoint's in their place. @throws InvalidOptions for a certificate without its key. */
export function joinedTls(general: TlsOptions | undefined, own: TlsOptions, option: string): TlsOptions {
  const joined = Object.freeze({ ...general, ...own });
  const { cert, key, passphrase } = own;
  if (cert !== undefined || key !== undefined || passphrase !== undefined) checkIdentity(joined, option);
  checkVersions(joined, option);
  return joined;
}

function inText(field: unknown): unknown {
  return Array.isArray(field) ? [...field].map(asText) : asText(field);
}

function isReadable(value: unknown): boolean {
  if (Array.isArray(value)) return value.every((one) => typeof one === 'string');
  return typeof value === 'string' || typeof value === 'boolean' || value === undefined;
}
