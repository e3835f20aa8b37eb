import type { IncomingMessage } from 'node:http';
import type { TLSSocket } from 'node:tls';
import { callSyncHook } from '../support/user-function.ts';
import { type HeaderList, valuesOf } from './headers.ts';
import type { ReceivedHeaders } from './received-headers.ts';
import { trustedPeers } from './trusted-peers.ts';

/** The lower-case names of all headers that tell an endpoint who the client was. */
export const forwardedNames: ReadonlySet<string> = new Set([
  'forwarded',
  'x-forwarded-for',
  'x-forwarded-host',
  'x-forwarded-proto',
  'x-forwarded-port',
]);

/** A request within Express, whose app knows the setting `trust proxy`; other frames have no `app`. */
interface ExpressLike {
  /** The app that has taken the request. */
  readonly app?: { get?(setting: string): unknown };
}

/** The option `trustForwarded` as the code works with it; see {@link trustOf}. */
export type TrustForwarded = boolean | ((req: IncomingMessage) => boolean) | undefined;

/** Makes a function of a list of peers in the option `trustForwarded`, so that it is read only once; the rest stays as it is. */
export function trustOf(option: TrustForwarded | readonly string[]): TrustForwarded {
  return typeof option === 'object' ? trustedPeers(option) : option;
}

/** Decisions about requests: a function of the user's is asked once about each, however many places want to know. */
const decisions = new WeakMap<IncomingMessage, { readonly by: TrustForwarded; readonly isTrusted: boolean }>();

/**
 * Whether the forwarded headers that came may be believed. Without the option Express's `trust proxy` decides.
 * @throws BalancingProxyError `ERR_BRP_HOOK` when the user's function throws.
 */
export function isForwardedTrusted(req: IncomingMessage, trust: TrustForwarded): boolean {
  if (typeof trust === 'function') return decidedBy(trust, req);
  if (trust !== undefined) return trust;
  const trustProxy = (req as ExpressLike).app?.get?.('trust proxy fn');
  return typeof trustProxy === 'function' && Boolean(trustProxy(req.socket.remoteAddress, 0));
}

function decidedBy(trust: (req: IncomingMessage) => boolean, req: IncomingMessage): boolean {
  const before = decisions.get(req);
  if (before?.by === trust) return before.isTrusted;
  const isTrusted = callSyncHook('trustForwarded', () => trust(req));
  decisions.set(req, { by: trust, isTrusted });
  return isTrusted;
}

/** The things that forwarded headers are made of. */
interface Forwarder {
  /** The headers as middleware has left them. */
  readonly received: ReceivedHeaders;
  /** The authority that the client asked for. */
  readonly host: string | undefined;
  /** Whether the client may say for whom it asks. */
  readonly isTrusted: boolean;
}

/**
 * The `X-Forwarded-*` headers to send, and `Forwarded` (RFC 7239) when a trusted one came. Headers that middleware has set are trusted
 * like a trusted client's.
 */
export function forwardedHeaders(
  req: IncomingMessage,
  { received: { list, changed }, host: ownHost = '', isTrusted }: Forwarder,
): HeaderList {
  const came = (name: string) => (isTrusted || changed.has(name) ? valuesOf(list, name) : []);
  const address = req.socket.remoteAddress ?? '';
  const ownProto = (req.socket as TLSSocket).encrypted === true ? 'https' : 'http';
  const host = firstOf(came('x-forwarded-host')) ?? ownHost;
  const proto = firstOf(came('x-forwarded-proto'), /^[a-z][a-z0-9+.-]*$/i) ?? ownProto;
  const port = firstOf(came('x-forwarded-port'), /^\d{1,5}$/) ?? portOf(host, proto);
  const addresses = [...came('x-forwarded-for'), address].filter((value) => value !== '');
  const forwarded = came('forwarded');
  return [
    ...(addresses.length > 0 ? ['X-Forwarded-For', addresses.join(', ')] : []),
    ...(host === '' ? [] : ['X-Forwarded-Host', host]),
    ...['X-Forwarded-Proto', proto],
    ...(port === undefined ? [] : ['X-Forwarded-Port', port]),
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

/**
 * The value of the proxy nearest to the client: each proxy on the way adds its own behind, as in `https, http`.
 * @param form of a value that makes sense; any other one counts as not given.
 */
function firstOf(values: readonly string[], form = /./): string | undefined {
  const first = values[0]?.split(',', 1)[0]?.trim();
  return first !== undefined && form.test(first) ? first : undefined;
}

const defaultPorts: Readonly<Record<string, string>> = { http: '80', ws: '80', https: '443', wss: '443' };

/** The port that the client has asked at, or undefined for a protocol whose default port is not known. */
function portOf(host: string, proto: string): string | undefined {
  return /:(\d+)$/.exec(host)?.[1] ?? defaultPorts[proto.toLowerCase()];
}
