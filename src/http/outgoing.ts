import type { IncomingMessage } from 'node:http';
import type { Readable } from 'node:stream';
import type { EndpointAddress } from '../endpoints/address.ts';
import type { RequestBody } from './body.ts';
import { forwardedHeaders, forwardedNames, isForwardedTrusted, type TrustForwarded } from './forwarded.ts';
import {
  firstValueOf,
  type HeaderList,
  namesInConnection,
  namesOf,
  stripHopByHop,
  valuesOf,
  without,
} from './headers.ts';
import { onWire } from './on-wire.ts';
import { withUtf8 } from './parsed-body.ts';
import { joinableProtocols } from './protocols.ts';
import { type ReceivedHeaders, receivedHeaders } from './received-headers.ts';
import { viaEntry } from './via.ts';

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
  const received = receivedHeaders(req);
  const host = askedHost(req, received);
  const vias = [...valuesOf(received.list, 'via'), viaEntry(req.httpVersion, via)];
  const kept = keptHeaders(req, received, body);
  return {
    method: req.method ?? 'GET',
    url,
    host: preserveHost ? host : undefined,
    headers: [
      ...(req.httpVersionMajor < 2 ? kept : withOneCookie(kept)),
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
  const lasting = stripHopByHop(received.list, namesOfHop(req, received));
  const kept = without(lasting, state === 'untouched' ? replaced : replacedWhenInflated);
  if (state !== 'decoded') return kept;
  const isType = (index: number) => index % 2 === 1 && kept[index - 1]?.toLowerCase() === 'content-type';
  return kept.map((text, index) => (isType(index) ? withUtf8(text) : text));
}

/** What the client's `Connection` names, less what middleware has set: no client may make us drop a login's headers. */
function namesOfHop({ rawHeaders }: IncomingMessage, { changed }: ReceivedHeaders): ReadonlySet<string> {
  const named = namesInConnection(rawHeaders);
  return changed.size > 0 && named.size > 0 ? new Set([...named].filter((name) => !changed.has(name))) : named;
}

/** The authority that the client asked for; HTTP/2 has it in a pseudo header. */
function askedHost(_req: IncomingMessage, { list }: ReceivedHeaders): string | undefined {
  return firstValueOf(list, 'host') ?? firstValueOf(list, ':authority');
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
  const length = onWire(req, 'content-length');
  return length === undefined ? ['Transfer-Encoding', 'chunked'] : ['Content-Length', length];
}

/** HTTP/2 may split a cookie into several fields, which HTTP/1.1 may not have (RFC 9113 8.2.3). */
function withOneCookie(headers: HeaderList): HeaderList {
  const cookies = valuesOf(headers, 'cookie');
  return cookies.length < 2 ? headers : [...without(headers, new Set(['cookie'])), 'Cookie', cookies.join('; ')];
}
