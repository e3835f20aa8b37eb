import type { IncomingMessage } from 'node:http';
import { isIP } from 'node:net';
import { hostnameOf } from '../../http/hostname.ts';

/**
 * Whether a request was sent by a page of ours, and not by another one that the same browser shows. Two attacks are
 * kept off:
 *
 * - A page elsewhere sends the request (CSRF). Browsers say so in `Sec-Fetch-Site`, which no script can set; where they
 *   do not send it (plain http but for localhost), `Origin` and `Host` have to agree.
 * - A page elsewhere lets its own host name lead here (DNS rebinding), by which it has our origin as far as the browser
 *   can tell. It cannot have a certificate for it here, and `localhost` and IP addresses are not its to lead anywhere. So
 *   only https and those are accepted, much as browsers have it for what is powerful (Secure Contexts).
 */
export function isFromOwnPage({ headers }: IncomingMessage): boolean {
  const site = headers['sec-fetch-site'];
  const origin = URL.parse(String(headers.origin));
  if (!origin) return false;
  const isSameOrigin = site === undefined ? origin.host === hostOf(headers, origin.protocol) : site === 'same-origin';
  return (
    isSameOrigin && (origin.protocol === 'https:' || (origin.protocol === 'http:' && isFixedName(hostnameOf(origin))))
  );
}

/** The host that was asked, without the port where it is the scheme's own, as a URL writes it. */
function hostOf(headers: IncomingMessage['headers'], protocol: string): string | undefined {
  return URL.parse(`${protocol}//${headers.host ?? headers[':authority']}`)?.host;
}

/** Whether nobody but the machine itself says where this name leads. */
function isFixedName(name: string): boolean {
  return name === 'localhost' || name.endsWith('.localhost') || isIP(name) !== 0;
}
