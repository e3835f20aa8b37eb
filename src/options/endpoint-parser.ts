import { type AddressParts, type EndpointAddress, isSupportedProtocol, parseAddress } from '../endpoints/address.ts';
import { fields, isPlainObject, listOf, optional, type Parser, reject, valueThat } from './parser.ts';

const tokenRule = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;

/** A token of RFC 9110 5.6.2, such as a header name or a `Via` pseudonym. */
export const token = valueThat<string>(
  (value) => typeof value === 'string' && tokenRule.test(value),
  'a token of RFC 9110, letters, digits and hyphens',
);

const headerValue = valueThat<string>(
  (value) => typeof value === 'string' && /^[\t\x20-\x7e\x80-\xff]*$/.test(value),
  'a string without control characters',
);

/** An object of headers as a flat list, the form in which they are sent. */
const headerList: Parser<readonly string[]> = (value, option) => {
  if (!isPlainObject(value)) reject(option, 'an object of header names and values', value);
  return Object.entries(value).flatMap(([name, given]) => {
    const at = `${option}.${name}`;
    token(name, at);
    return (Array.isArray(given) ? given : [given]).flatMap((one) => [name, headerValue(one, at)]);
  });
};

const url: Parser<URL> = (value, option) => {
  const expected = 'an absolute http(s) or http+unix URL';
  if (typeof value !== 'string' && !(value instanceof URL)) reject(option, expected, value);
  const text = String(value);
  const parsed = URL.parse(text);
  if (!parsed || !isSupportedProtocol(parsed.protocol) || parsed.hostname === '') reject(option, expected, text);
  if (parsed.hash !== '') reject(option, `${expected} without a fragment`, text);
  if (!isDecodable(parsed.username + parsed.password + parsed.hostname)) {
    reject(option, `${expected} with valid % escapes`, text);
  }
  return parsed;
};

const endpointFields = fields<AddressParts>({
  url,
  name: optional(
    valueThat<string>((value) => typeof value === 'string' && value !== '', 'a name'),
    undefined,
  ),
  headers: optional(headerList, []),
});

const endpoint: Parser<EndpointAddress> = (value, option) => {
  const isBare = !isPlainObject(value) || value instanceof URL;
  return parseAddress(isBare ? { url: url(value, option) } : endpointFields(value, option));
};

const endpointList = listOf(endpoint, 'a non-empty array of URLs');

/** The option `endpoints`. */
export const endpoints: Parser<readonly EndpointAddress[]> = (value, option) =>
  withDistinctNames(endpointList(value, option));

/** The same URL may stand in the list several times (the original's own example has it so); its names then count up. */
function withDistinctNames(addresses: readonly EndpointAddress[]): readonly EndpointAddress[] {
  const seen = new Map<string, number>();
  return addresses.map((address) => {
    const count = (seen.get(address.name) ?? 0) + 1;
    seen.set(address.name, count);
    return count === 1 ? address : { ...address, name: `${address.name}#${count}` };
  });
}

function isDecodable(text: string): boolean {
  try {
    decodeURIComponent(text);
    return true;
  } catch {
    return false;
  }
}
