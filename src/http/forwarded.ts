import type { IncomingMessage } from 'node:http';
import type { TLSSocket } from 'node:tls';
import { type HeaderList, valuesOf } from './headers.ts';

/** The lower-case names of everything that tells an endpoint who the client was. */
export const forwardedNames: ReadonlySet<string> = new Set([
  'forwarded',
  'x-forwarded-for',
  'x-forwarded-host',
  'x-forwarded-proto',
  'x-forwarded-port',
]);

/** What an Express app says about its `trust proxy` setting; other frames have no `app`. */
interface ExpressLike {
  readonly app?: { get?(setting: string): unknown };
}

export type TrustForwarded = boolean | ((req: IncomingMessage) => boolean) | undefined;

/** Whether the headers that came in may be believed; without an option Express's `trust proxy` decides. */
export function isForwardedTrusted(req: IncomingMessage, trust: TrustForwarded): boolean {
  if (typeof trust === 'function') return trust(req);
  if (trust !== undefined) return trust;
  const trustProxy = (req as ExpressLike).app?.get?.('trust proxy fn');
  return typeof trustProxy === 'function' && Boolean(trustProxy(req.socket.remoteAddress, 0));
}

/** The `X-Forwarded-*` headers to send, and `Forwarded` (RFC 7239) when a trusted one came in. */
export function forwardedHeaders(req: IncomingMessage, isTrusted: boolean): HeaderList {
  const came = (name: string) => (isTrusted ? valuesOf(req.rawHeaders, name) : []);
  const address = req.socket.remoteAddress ?? '';
  const isEncrypted = (req.socket as TLSSocket).encrypted === true;
  const proto = isEncrypted ? 'https' : 'http';
  const host = req.headers.host ?? (req.headers[':authority'] as string | undefined) ?? '';
  const first = (name: string, own: string) => came(name)[0] ?? own;
  const list = [
    ...['X-Forwarded-For', [...came('x-forwarded-for'), address].filter((value) => value !== '').join(', ')],
    ...['X-Forwarded-Host', first('x-forwarded-host', host)],
    ...['X-Forwarded-Proto', first('x-forwarded-proto', proto)],
    ...['X-Forwarded-Port', first('x-forwarded-port', portOf(host, isEncrypted))],
  ];
  const forwarded = came('forwarded');
  if (forwarded.length > 0) list.push('Forwarded', [...forwarded, forwardedElement(address, host, proto)].join(', '));
  return list;
}

function forwardedElement(address: string, host: string, proto: string): string {
  // A client on a Unix socket has no address; RFC 7239 6.3 has a word for that.
  const node = address.includes(':') ? `"[${address}]"` : address || 'unknown';
  return `for=${node};host="${host.replaceAll(/["\\]/g, '')}";proto=${proto}`;
}

function portOf(host: string, isEncrypted: boolean): string {
  return /:(\d+)$/.exec(host)?.[1] ?? (isEncrypted ? '443' : '80');
}
