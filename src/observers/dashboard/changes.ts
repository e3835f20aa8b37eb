import type { IncomingMessage } from 'node:http';
import { isIP } from 'node:net';
import type { ManagedProxy } from '../../events/observed-proxy.ts';
import { hostnameOf } from '../../http/hostname.ts';
import type { Feed } from './feed.ts';
import { sendLine, type Visit } from './responses.ts';

/** A change that the page asks for. */
interface Change {
  /** The name of the endpoint. */
  readonly endpoint: string;
  /** The method of the proxy to call. */
  readonly action: 'drain' | 'restore';
}

/** The change that a path stands for, such as `/endpoints/http%3A%2F%2Fone.example/drain`. */
export function changeAt(path: string): Change | undefined {
  const [, name = '', action] = /^\/endpoints\/([^/]+)\/(drain|restore)$/.exec(path) ?? [];
  if (action !== 'drain' && action !== 'restore') return undefined;
  try {
    return { endpoint: decodeURIComponent(name), action };
  } catch {
    return undefined;
  }
}

/** Makes a change if a page of ours asks for it, and shows it to all viewers at once. */
export function makeChange(
  visit: Visit,
  { source, feed, change }: { readonly source: ManagedProxy; readonly feed: Feed; readonly change: Change },
): void {
  const { endpoint, action } = change;
  const whose = 'only the page itself may do that, opened by https, on localhost or by an IP address';
  if (!isFromOwnPage(visit.req)) sendLine(visit, 403, {}, whose);
  else if (!source[action](endpoint)) sendLine(visit, 404, {}, 'no such endpoint');
  else {
    sendLine(visit, 200, {}, 'done');
    feed.push();
  }
}

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
  return (
    isSameOrigin && (origin.protocol === 'https:' || (origin.protocol === 'http:' && isFixedName(hostnameOf(origin))))
  );
}

/** The host that was asked, as a URL writes it: without the scheme's default port. */
function hostOf(headers: IncomingMessage['headers'], protocol: string): string | undefined {
  return URL.parse(`${protocol}//${headers.host ?? headers[':authority']}`)?.host;
}

/** Whether no name server says where this name leads. */
function isFixedName(name: string): boolean {
  return name === 'localhost' || name.endsWith('.localhost') || isIP(name) !== 0;
}
