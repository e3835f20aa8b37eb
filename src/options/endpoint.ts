import type { IncomingMessage } from 'node:http';
import { isIP } from 'node:net';
import { parseAddress } from '../endpoints/address.ts';
import type { ConfiguredEndpoint } from '../endpoints/configured-endpoint.ts';
import type { TlsOptions } from '../endpoints/tls-options.ts';
import { isFieldValue, isToken } from '../http/headers.ts';
import { finiteWholeNumberFrom, type Parser, valueThat } from '../support/parser/kinds.ts';
import { inWords, none, type OptionTable, objectOf, option, required } from '../support/parser/option.ts';
import { collect, refuse, reject, rejectUnseen } from '../support/parser/problems.ts';
import { isPlainObject } from '../support/plain-object.ts';
import { endpointUrl, hasHostName } from './endpoint-url.ts';
import { type OwnSettings, ownOptions } from './own-settings.ts';
import type { TerminalStatuses } from './statuses.ts';
import type { TimeoutOptions } from './timeouts.ts';

/** An endpoint with more to say than its URL. */
export interface EndpointOptions {
  /** Absolute URL: `http:`, `https:`, or `http+unix://%2Fpath%2Fto.sock/base`. */
  readonly url: string | URL;
  /**
   * Name in logs, events, errors and snapshots.
   * @default the URL without credentials and query, and `address` in parentheses where it is given
   */
  readonly name?: string;
  /**
   * IP address, v4 or v6 without brackets, to connect to instead of looking up the host name of the URL. All else stays the URL's:
   * port, `Host`, and the name for which the certificate has to be.
   * @default what the host name resolves to
   */
  readonly address?: string;
  /**
   * Headers that every request to this endpoint gets; they replace the client's headers of the same names.
   * @default none
   */
  readonly headers?: Readonly<Record<string, string | readonly string[]>>;
  /**
   * Group of endpoints that this one is asked with, a whole number from 0. The endpoints of a group are asked when those of the groups
   * before are no help, so that 1 makes a backup of the others.
   * @default 0
   */
  readonly tier?: number;
  /**
   * Limits of time for attempts at this endpoint: `connectMs`, `responseMs`, `firstByteMs`, `idleMs`, each in the place of the general one.
   * In milliseconds.
   * @default `timeouts`
   */
  readonly timeouts?: Pick<TimeoutOptions, 'connectMs' | 'responseMs' | 'firstByteMs' | 'idleMs'>;
  /**
   * Certificates for this endpoint, and how they are checked, each field in the place of the general one. With `servername` several
   * names behind one address are told apart.
   * @default `tls`
   */
  readonly tls?: TlsOptions;
  /**
   * Most attempts and responses under way at this endpoint, in the place of the general number; the latest one that a function gives
   * counts.
   * @default `maxInFlight`
   */
  readonly maxInFlight?: number;
  /**
   * Statuses of this endpoint that may be given to the client, in the place of the general ones.
   * @default `terminalStatuses`
   */
  readonly terminalStatuses?: TerminalStatuses;
}

/** One endpoint among the option `endpoints`. */
export type EndpointOption = string | URL | EndpointOptions;

/** Gives the endpoints for one request. */
export type EndpointsFunction = (
  req: IncomingMessage,
) => readonly EndpointOption[] | Promise<readonly EndpointOption[]>;

const isHeaderValue = (value: unknown): value is string => typeof value === 'string' && isFieldValue(value);

/** The value of a header. A token that was read from a file with its line end is the usual mistake, and must not end up in a log. */
const headerValue: Parser<string> = (value, name) =>
  isHeaderValue(value) ? value : rejectUnseen(name, 'a string of Latin-1 without control characters', value);

/** A fixed value of these would tear bodies apart, or leave bytes behind that pass for the next request. */
const framing: ReadonlySet<string> = new Set(['content-length', 'transfer-encoding', 'connection', 'upgrade']);

/** Shows no name that is wrong: where the blank behind the colon is missing, the header's value is a part of the name. */
const unseenName =
  'expected names of letters, digits and hyphens (tokens of RFC 9110), got another one; in YAML, a blank has to follow the colon';

/** An object of headers as a flat list, the form in which they are sent. */
const headerList: Parser<readonly string[]> = (value, option) => {
  if (!isPlainObject(value)) rejectUnseen(option, 'an object of header names and values', value);
  const parseEntry = ([name, given]: [string, unknown]): string[] => {
    if (!isToken(name)) refuse(option, unseenName);
    const at = `${option}.${name}`;
    if (framing.has(name.toLowerCase())) rejectUnseen(at, 'a header that does not frame the message', given);
    return (Array.isArray(given) ? given : [given]).flatMap((one) => [name, headerValue(one, at)]);
  };
  return collect(Object.entries(value), parseEntry).flat();
};

/** The name of an endpoint: `X-Served-By` carries it, so it has to be a header's value. */
const endpointName = valueThat<string>(
  (value) => isHeaderValue(value) && value !== '',
  'a name of Latin-1 without control characters',
);

const ipAddress = valueThat<string>(
  (value) => typeof value === 'string' && isIP(value) !== 0,
  "an IP address such as '10.0.0.1' or '2001:db8::1'",
);

/** The options of one endpoint. */
export const endpointOptions = {
  url: required(endpointUrl, 'Absolute URL: `http:`, `https:`, or `http+unix://%2Fpath%2Fto.sock/base`'),
  name: option(
    endpointName,
    inWords('the URL without credentials and query, and `address` in parentheses where it is given'),
    'Name in logs, events, errors and snapshots',
  ),
  address: option(
    ipAddress,
    inWords('what the host name resolves to'),
    'IP address, v4 or v6 without brackets, to connect to instead of looking up the host name of the URL',
  ),
  headers: option(
    headerList,
    inWords(none.words, () => []),
    "Headers that every request to this endpoint gets; they replace the client's headers of the same names",
  ),
  tier: option(finiteWholeNumberFrom(0), 0, 'Group of endpoints that this one is asked with, a whole number from 0'),
  ...ownOptions,
} satisfies OptionTable<Record<keyof EndpointOptions, unknown>>;

const endpointObject = objectOf(endpointOptions);

/** An endpoint as it was given, before the settings of all endpoints are known. */
export interface GivenEndpoint extends Omit<ConfiguredEndpoint, 'settings'> {
  /** The settings that it has of its own. */
  readonly own: OwnSettings;
}

/** One endpoint of a list. */
export const parseEndpoint: Parser<GivenEndpoint> = (value, option) => {
  const isBare = !isPlainObject(value) || value instanceof URL;
  if (isBare) return { address: parseAddress({ url: endpointUrl(value, option) }), tier: 0, own: {} };
  const { tier, maxInFlight, timeouts, tls, terminalStatuses, ...parts } = endpointObject(value, option);
  // A certificate for one address cannot be checked on a connection to another one.
  if (parts.address !== undefined && !hasHostName(parts.url)) {
    reject(`${option}.address`, 'an address only beside a URL with a host name', parts.address);
  }
  return { address: parseAddress(parts), tier, maxInFlight, own: { timeouts, tls, terminalStatuses } };
};
