import { isIP } from 'node:net';
import { isSupportedProtocol } from '../endpoints/place/address.ts';
import { hostnameOf } from '../http/hostname.ts';
import { type OptionParser, withSchema } from '../support/parser/kinds.ts';
import { reject } from '../support/parser/problems.ts';
import { textLike } from '../support/parser/schema.ts';

const expected = 'an absolute http(s) or http+unix URL';

/** URLs as people write them; the parser of URLs passes over blanks and line ends wherever they are. */
const usualForm = textLike(/^\s*[hH][tT][tT][pP](?:[sS]|\+[uU][nN][iI][xX])?:/);

/** The URL of an endpoint, as text or as an object. */
export const endpointUrl: OptionParser<URL> = withSchema(usualForm, (value, option) => {
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
});

/** Whether an endpoint's URL has a name to look up, rather than an IP address or the path of a socket. */
export function hasHostName(url: URL): boolean {
  return url.protocol !== 'http+unix:' && isIP(hostnameOf(url)) === 0;
}

function isDecodable(text: string): boolean {
  try {
    decodeURIComponent(text);
    return true;
  } catch {
    return false;
  }
}
