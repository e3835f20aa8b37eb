import type { IncomingMessage } from 'node:http';
import { isIP } from 'node:net';
import { type AddressParts, type EndpointAddress, isSupportedProtocol, parseAddress } from '../endpoints/address.ts';
import { BalancingProxyError } from '../errors.ts';
import { hostnameOf } from '../http/hostname.ts';
import {
  collect,
  fields,
  isPlainObject,
  listOf,
  optional,
  type Parser,
  refuse,
  reject,
  rejectUnseen,
  valueThat,
} from '../support/parser/kinds.ts';
import type { EndpointOption } from './timeouts.ts';

const tokenRule = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;

/** A token of RFC 9110 5.6.2, such as a header name or a `Via` pseudonym. */
export const token = valueThat<string>(
  (value) => typeof value === 'string' && tokenRule.test(value),
  'a token of RFC 9110, letters, digits and hyphens',
);

const isHeaderValue = (value: unknown): value is string =>
  typeof value === 'string' && /^[\t\x20-\x7e\x80-\xff]*$/.test(value);

/** A token read from a file with its line end is the usual mistake here, and must not end up in a log. */
const headerValue: Parser<string> = (value, option) =>
  isHeaderValue(value) ? value : rejectUnseen(option, 'a string of Latin-1 without control characters', value);

/** A fixed value of these would tear bodies apart or leave bytes behind that pass for the next request. */
const framing: ReadonlySet<string> = new Set(['content-length', 'transfer-encoding', 'connection', 'upgrade']);

/** Where the blank is missing, the value is a part of the name. */
const unseenName =
  'expected names of letters, digits and hyphens (tokens of RFC 9110), got another one; in YAML, a blank has to follow the colon';

/** An object of headers as a flat list, the form in which they are sent. */
const headerList: Parser<readonly string[]> = (value, option) => {
  if (!isPlainObject(value)) rejectUnseen(option, 'an object of header names and values', value);
  const parseEntry = ([name, given]: [string, unknown]): string[] => {
    if (!tokenRule.test(name)) refuse(option, unseenName);
    const at = `${option}.${name}`;
    if (framing.has(name.toLowerCase())) rejectUnseen(at, 'a header that does not frame the message', given);
    return (Array.isArray(given) ? given : [given]).flatMap((one) => [name, headerValue(one, at)]);
  };
  return collect(Object.entries(value), parseEntry).flat();
};

/** Where an endpoint is. */
export const url: Parser<URL> = (value, option) => {
  const expected = 'an absolute http(s) or http+unix URL';
  if (typeof value !== 'string' && !(value instanceof URL)) reject(option, expected, value);
  const text = String(value);
  const parsed = URL.parse(text);
  if (!parsed || !isSupportedProtocol(parsed.protocol) || parsed.hostname === '') reject(option, expected, text);
  if (parsed.port === '0') reject(option, `${expected} with a port above 0`, text);
  if (parsed.hash !== '') reject(option, `${expected} without a fragment`, text);
  if (![parsed.username, parsed.password, parsed.hostname].every(isDecodable)) {
    reject(option, `${expected} with valid % escapes`, text);
  }
  if (parsed.protocol === 'http+unix:' && !/^%2F/i.test(parsed.hostname)) {
    reject(option, `${expected}, the socket's absolute path with %2F for each slash`, text);
  }
  return parsed;
};

const ipAddress = valueThat<string>(
  (value) => typeof value === 'string' && isIP(value) !== 0,
  "an IP address such as '10.0.0.1' or '2001:db8::1'",
);

const endpointFields = fields<AddressParts>({
  url,
  // `X-Served-By` carries it, so it has to be a header value.
  name: optional(
    valueThat<string>((value) => isHeaderValue(value) && value !== '', 'a name of Latin-1 without control characters'),
    undefined,
  ),
  address: optional(ipAddress, undefined),
  headers: optional(headerList, []),
});

const endpoint: Parser<EndpointAddress> = (value, option) => {
  const isBare = !isPlainObject(value) || value instanceof URL;
  const parts = isBare ? { url: url(value, option) } : endpointFields(value, option);
  // A certificate for one address cannot be checked on a connection to another one.
  if (parts.address !== undefined && !hasHostName(parts.url)) {
    reject(`${option}.address`, 'an address only beside a URL with a host name', parts.address);
  }
  return parseAddress(parts);
};

const endpointList = listOf(endpoint, 'a non-empty array of URLs or a function that gives one');
const givenList = listOf(endpoint, 'an array of URLs');

/** What an `endpoints` function is: it gives the endpoints for one request. */
export type EndpointsFunction = (
  req: IncomingMessage,
) => readonly EndpointOption[] | Promise<readonly EndpointOption[]>;

/** The option `endpoints`; what a function gives can only be checked when it gives it. */
export const endpoints: Parser<readonly EndpointAddress[] | EndpointsFunction> = (value, option) =>
  typeof value === 'function' ? (value as EndpointsFunction) : withDistinctNames(endpointList(value, option));

/**
 * The endpoints for one request.
 * @throws BalancingProxyError `ERR_BRP_ENDPOINTS` when the user's function throws, rejects or returns nonsense.
 */
export async function addressesFor(
  req: IncomingMessage,
  { endpoints: given }: { readonly endpoints: readonly EndpointAddress[] | EndpointsFunction },
): Promise<readonly EndpointAddress[]> {
  if (typeof given !== 'function') return given;
  try {
    return addressesIn(await given(req));
  } catch (cause) {
    // Whatever went wrong may name endpoints, and the message may be shown to clients.
    throw new BalancingProxyError('ERR_BRP_ENDPOINTS', 'the `endpoints` function failed', { cause });
  }
}

/** What was parsed of lists that cannot change: a function may give the same one for thousands of requests a second. */
const parsedLists = new WeakMap<readonly unknown[], readonly EndpointAddress[]>();

function addressesIn(list: unknown): readonly EndpointAddress[] {
  if (!Array.isArray(list)) return givenList(list, 'endpoints(req)');
  if (list.length === 0) return [];
  const known = parsedLists.get(list);
  if (known) return known;
  const addresses = withDistinctNames(givenList(list, 'endpoints(req)'));
  if (isConstant(list)) parsedLists.set(list, addresses);
  return addresses;
}

/** Whether nothing in it can change. A URL always can, frozen or not. */
function isConstant(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return true;
  return Object.isFrozen(value) && !(value instanceof URL) && Object.values(value).every(isConstant);
}

/** The same URL may stand in the list several times (the original's own example has it so); its names then count up. */
function withDistinctNames(addresses: readonly EndpointAddress[]): readonly EndpointAddress[] {
  const taken = new Set<string>();
  const distinct = addresses.map((address) => {
    let { name } = address;
    for (let count = 2; taken.has(name); count++) name = `${address.name}#${count}`;
    taken.add(name);
    return Object.freeze({ ...address, name });
  });
  return Object.freeze(distinct);
}

/** Whether there is a name to look up. */
export function hasHostName(parsed: URL): boolean {
  return parsed.protocol !== 'http+unix:' && isIP(hostnameOf(parsed)) === 0;
}

function isDecodable(text: string): boolean {
  try {
    decodeURIComponent(text);
    return true;
  } catch {
    return false;
  }
}
