import type { IncomingMessage } from 'node:http';
import { isIP } from 'node:net';
import { hostnameOf } from '../../http/hostname.ts';

/**
 * Whether a request was sent by a page of ours, and not by another page that the same browser shows. Two attacks are kept off:
 *
 * - A page elsewhere sends the request (CSRF). Browsers tell by `Sec-Fetch-Site`, which no script can set. Over plain http, but for
 *   localhost, browsers do not send it: there `Origin` and `Host` have to agree.
 * - A page elsewhere lets its own host name lead here (DNS rebinding), so that the browser takes its origin for ours. Such a page has no
 *   certificate for that name here, and cannot say where `localhost` and IP addresses lead. So only https, `localhost` and IP
 *   addresses are accepted, much as browsers demand it for powerful features (Secure Contexts).
 */
export function isFromOwnPage({ headers }: IncomingMessage): boolean {
  const site = headers['sec-fetch-site'];
  const origin = URL.parse(String(headers.origin));
  if (!origin) return false;
  const isSameOrigin = site === undefined ? origin.host === hostOf(headers, origin.protocol) : site === 'same-origin';
  return isSameOrigin && (origin.protocol === 'https:' || (origin.protocol === 'http:' && isFixedHost(origin)));
}

/**
 * Whether a browser has sent a request for another page than one of ours. Browsers put `Origin` on every POST, also on that of a form, and
 * other programs, such as curl, do not.
 */
export function isFromOtherPage(req: IncomingMessage): boolean {
  const isFromBrowser = req.headers.origin !== undefined || req.headers['sec-fetch-site'] !== undefined;
  return isFromBrowser && !isFromOwnPage(req);
}

/** The host that was asked, as a URL writes it: without the scheme's default port. */
function hostOf(headers: IncomingMessage['headers'], protocol: string): string | undefined {
  return URL.parse(`${protocol}//${headers.host ?? headers[':authority']}`)?.host;
}

/** Whether no name server says where the host of a URL is: it is an IP address, or `localhost`. */
export function isFixedHost(url: URL): boolean {
  const name = hostnameOf(url);
  return name === 'localhost' || name.endsWith('.localhost') || isIP(name) !== 0;
}
