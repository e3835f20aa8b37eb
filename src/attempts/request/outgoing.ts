import type { IncomingMessage } from 'node:http';
import type { Readable } from 'node:stream';
import type { EndpointAddress } from '../../endpoints/address.ts';
import { forwardedHeaders, forwardedNames, isForwardedTrusted, type TrustForwarded } from '../../http/forwarded.ts';
import { firstValueOf, type HeaderList, namesOf, valuesOf, without, withValuesOf } from '../../http/headers.ts';
import { withOneForwardLess } from '../../http/max-forwards.ts';
import { lengthOnWire, onWire } from '../../http/on-wire.ts';
import { joinableProtocols } from '../../http/protocols.ts';
import { endToEndHeaders, type ReceivedHeaders, receivedHeaders } from '../../http/received-headers.ts';
import { authorityOf } from '../../http/target.ts';
import { viaEntry } from '../../http/via.ts';
import type { RequestBody } from './request-body.ts';

/** A request as it goes to every endpoint: what is the same for all of them, made once. */
export interface OutgoingRequest {
  readonly method: string;
  /** The client's request target, before an endpoint's base path goes in front. */
  readonly url: string;
  /** The client's own Host, for `preserveHost`. */
  readonly host: string | undefined;
  /** Everything but what depends on the endpoint. */
  readonly headers: HeaderList;
  readonly body: Buffer | Readable | undefined;
  /** The client asks to switch protocols, for WebSockets mostly (RFC 9110 7.8). */
  readonly isUpgrade: boolean;
  /** The client accepts trailers (RFC 9110 10.1.4). */
  readonly acceptsTrailers?: boolean;
}

export interface OutgoingSettings {
  readonly via: string;
  readonly trustForwarded: TrustForwarded;
  readonly preserveHost: boolean;
}

/** What differs from request to request. */
export interface OutgoingParts {
  /** The target to send: `req.url`, rewritten or not. */
  readonly url: string;
  readonly body: RequestBody;
  readonly isUpgrade: boolean;
}

/**
 * Headers of the client that we say anew: framing and address belong to each hop, the body has been waited for. Its
 * trailers are left out (RFC 9110 6.5.2), and node:http throws when they are announced beside a length.
 */
const replaced: ReadonlySet<string> = new Set([
  ...forwardedNames,
  'host',
  'content-length',
  'expect',
  'trailer',
  'via',
]);
const replacedWhenInflated: ReadonlySet<string> = new Set([...replaced, 'content-encoding']);

export function outgoingRequest(
  req: IncomingMessage,
  { via, trustForwarded, preserveHost }: OutgoingSettings,
  { url, body, isUpgrade }: OutgoingParts,
): OutgoingRequest {
  const { method = 'GET' } = req;
  const received = receivedHeaders(req);
  const host = askedHost(req, received);
  // As it came: proxies whose middleware took one another's entries away would not know of going round.
  const vias = [onWire(req, 'via'), viaEntry(req.httpVersion, via)].filter((entry) => entry !== undefined);
  const kept = keptHeaders(req, received, body);
  return {
    method,
    url,
    host: preserveHost ? host : undefined,
    headers: [
      ...withOneForwardLess(method, req.httpVersionMajor < 2 ? kept : withOneCookie(kept)),
      ...framingFor(req, body),
      ...forwardedHeaders(req, { received, host, isTrusted: isForwardedTrusted(req, trustForwarded) }),
      ...['Via', vias.join(', ')],
      ...(isUpgrade ? ['Connection', 'Upgrade', 'Upgrade', joinableProtocols(received.list).join(', ')] : []),
    ],
    body: body.content,
    isUpgrade,
    acceptsTrailers: acceptsTrailers(req),
  };
}

function acceptsTrailers({ headers: { te } }: IncomingMessage): boolean {
  return te !== undefined && /(?:^|,)[ \t]*trailers[ \t]*(?:,|$)/i.test(String(te));
}

/** The client's own headers that go on, saying of the body what is true of it now. */
function keptHeaders(req: IncomingMessage, received: ReceivedHeaders, { state }: RequestBody): HeaderList {
  const lasting = endToEndHeaders(req, received);
  const kept = without(lasting, state === 'untouched' ? replaced : replacedWhenInflated);
  return state === 'decoded' ? withValuesOf(kept, 'content-type', withUtf8) : kept;
}

/**
 * The authority that the client asked for. That of the target is the one (RFC 9112 3.2.2), in HTTP/2 a pseudo header (RFC
 * 9113 8.3.1); `Host` may say another, which counts only where middleware has set it.
 */
function askedHost(req: IncomingMessage, { list, changed }: ReceivedHeaders): string | undefined {
  const host = firstValueOf(list, 'host');
  if (changed.has('host')) return host;
  return authorityOf(req) || firstValueOf(list, ':authority') || host;
}

/** The complete headers for one endpoint: its own Host, credentials and configured headers in front of the rest. */
export function headersFor(
  { host, authorization, headers: own }: EndpointAddress,
  outgoing: OutgoingRequest,
): HeaderList {
  const given = [
    'Host',
    outgoing.host ?? host,
    ...(authorization === undefined ? [] : ['Authorization', authorization]),
  ];
  if (authorization === undefined && own.length === 0) return [...given, ...outgoing.headers];
  const configured = namesOf(own);
  const kept = without(outgoing.headers, new Set([...configured, ...namesOf(given)]));
  return [...without(given, configured), ...own, ...kept];
}

/** RFC 9112 6: a buffered body has a length now; a streamed one keeps the framing that it came with. */
function framingFor(req: IncomingMessage, { content }: RequestBody): HeaderList {
  if (content === undefined) return [];
  if (content instanceof Uint8Array) return ['Content-Length', String(content.length)];
  const length = lengthOnWire(req);
  return length === undefined ? ['Transfer-Encoding', 'chunked'] : ['Content-Length', length];
}

/** HTTP/2 may split a cookie into several fields, which HTTP/1.1 may not have (RFC 9113 8.2.3). */
function withOneCookie(headers: HeaderList): HeaderList {
  const cookies = valuesOf(headers, 'cookie');
  return cookies.length < 2 ? headers : [...without(headers, new Set(['cookie'])), 'Cookie', cookies.join('; ')];
}

/** The `Content-Type` of a body that was decoded and encoded again: its text is UTF-8 now, whatever it was before. */
function withUtf8(contentType: string): string {
  return contentType.replace(/(;\s*charset\s*=\s*)("?)[^";]*\2/gi, '$1utf-8');
}
