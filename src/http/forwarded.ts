import type { IncomingMessage } from 'node:http';
import type { TLSSocket } from 'node:tls';
import { callSyncHook } from '../hooks.ts';
import { type HeaderList, valuesOf } from './headers.ts';
import type { ReceivedHeaders } from './received-headers.ts';

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
  if (typeof trust === 'function') return callSyncHook('trustForwarded', () => trust(req));
  if (trust !== undefined) return trust;
  const trustProxy = (req as ExpressLike).app?.get?.('trust proxy fn');
  return typeof trustProxy === 'function' && Boolean(trustProxy(req.socket.remoteAddress, 0));
}

export interface Forwarder {
  readonly received: ReceivedHeaders;
  /** The authority that the client asked for. */
  readonly host: string | undefined;
  /** Whether the client may say for whom it asks. */
  readonly isTrusted: boolean;
}

/**
 * The `X-Forwarded-*` headers to send, and `Forwarded` (RFC 7239) when a trusted one came in. What middleware has set is
 * trusted like a trusted client's.
 */
export function forwardedHeaders(
  req: IncomingMessage,
  { received: { list, changed }, host: ownHost = '', isTrusted }: Forwarder,
): HeaderList {
  const came = (name: string) => (isTrusted || changed.has(name) ? valuesOf(list, name) : []);
  const address = req.socket.remoteAddress ?? '';
  const ownProto = (req.socket as TLSSocket).encrypted === true ? 'https' : 'http';
  const [host = ownHost] = came('x-forwarded-host');
  const [proto = ownProto] = came('x-forwarded-proto');
  const [port = portOf(host, proto)] = came('x-forwarded-port');
  const addresses = [...came('x-forwarded-for'), address].filter((value) => value !== '');
  const forwarded = came('forwarded');
  return [
    ...(addresses.length > 0 ? ['X-Forwarded-For', addresses.join(', ')] : []),
    ...(host === '' ? [] : ['X-Forwarded-Host', host]),
    ...['X-Forwarded-Proto', proto],
    ...['X-Forwarded-Port', port],
    ...(forwarded.length > 0
      ? ['Forwarded', [...forwarded, forwardedElement(address, ownHost, ownProto)].join(', ')]
      : []),
  ];
}

function forwardedElement(address: string, host: string, proto: string): string {
  // A client on a Unix socket has no address; RFC 7239 6.3 has a word for that.
  const node = address.includes(':') ? `"[${address}]"` : address || 'unknown';
  const hostPair = host === '' ? '' : `host="${host.replaceAll(/["\\]/g, '')}";`;
  return `for=${node};${hostPair}proto=${proto}`;
}

function portOf(host: string, proto: string): string {
  return /:(\d+)$/.exec(host)?.[1] ?? (proto === 'https' ? '443' : '80');
}
