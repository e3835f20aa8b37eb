import type { IncomingMessage } from 'node:http';
import type { EndpointAddress } from '../../endpoints/place/address.ts';
import { askedHost } from '../../http/asked-host.ts';
import { forwardedHeaders, forwardedNames, isForwardedTrusted, type TrustForwarded } from '../../http/forwarded.ts';
import { type HeaderList, namesOf, valuesOf, without, withValuesOf } from '../../http/headers.ts';
import { withOneForwardLess } from '../../http/max-forwards.ts';
import { lengthOnWire, onWire } from '../../http/on-wire.ts';
import { joinableProtocols } from '../../http/protocols.ts';
import { endToEndHeaders, type ReceivedHeaders, receivedHeaders } from '../../http/received-headers.ts';
import { viaEntry } from '../../http/via.ts';
import { withXRequestId } from '../../http/x-request-id.ts';
import type { UpstreamRequest } from '../../transports/message/transport.ts';
import type { RequestBody } from './request-body.ts';

/** The part of a request that is the same for every endpoint, made once; its headers are those that do not depend on the endpoint. */
export interface OutgoingRequest extends Pick<UpstreamRequest, 'method' | 'headers' | 'body' | 'acceptsTrailers'> {
  /** The client's request target, before an endpoint's base path goes in front. */
  readonly url: string;
  /** The client's own Host, for `preserveHost`. */
  readonly host: string | undefined;
  /** Whether the client asks to switch protocols, for WebSockets mostly (RFC 9110 7.8). */
  readonly isUpgrade: boolean;
}

/** The options that concern the request that goes out. */
interface OutgoingSettings {
  /** Our pseudonym in `Via`. */
  readonly via: string;
  /** Whether to append to the `X-Forwarded-*` and `Forwarded` headers that came. */
  readonly trustForwarded: TrustForwarded;
  /** Whether endpoints get the client's `Host`. */
  readonly preserveHost: boolean;
}

/** The parts of a request that are settled before. */
interface OutgoingParts {
  /** The target to send: `req.url`, rewritten or not. */
  readonly url: string;
  /** The body that was taken off the client's request. */
  readonly body: RequestBody;
  /** Whether the client asks to switch protocols. */
  readonly isUpgrade: boolean;
  /** The request's own `X-Request-Id`; without one, that of the client goes on. */
  readonly xRequestId: string | undefined;
}

/**
 * Headers of the client that are made anew, because framing and address belong to each hop, and the body has been waited for.
 * Its trailers are left out (RFC 9110 6.5.2), because node:http throws when they are announced beside a length.
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

/** Makes the request that goes out. */
export function outgoingRequest(
  req: IncomingMessage,
  { via, trustForwarded, preserveHost }: OutgoingSettings,
  { url, body, isUpgrade, xRequestId }: OutgoingParts,
): OutgoingRequest {
  const { method = 'GET' } = req;
  const received = receivedHeaders(req);
  const host = askedHost(req, received);
  // `Via` is read as it came: if middleware takes it away, two proxies that lead to each other would not know of it.
  const vias = [onWire(req, 'via'), viaEntry(req.httpVersion, via)].filter((entry) => entry !== undefined);
  const kept = withXRequestId(keptHeaders(req, received, body), xRequestId);
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

/** The client's own headers that go on, with those of the body changed as the body was. */
function keptHeaders(req: IncomingMessage, received: ReceivedHeaders, { state }: RequestBody): HeaderList {
  const lasting = endToEndHeaders(req, received);
  const kept = without(lasting, state === 'untouched' ? replaced : replacedWhenInflated);
  return state === 'decoded' ? withValuesOf(kept, 'content-type', withUtf8) : kept;
}

const nothingOfOurs = { authorization: undefined, headers: [] };

/**
 * The complete headers for one endpoint: its own Host, credentials and configured headers in front of the rest. A TRACE, which an endpoint
 * sends back to the client, gets neither credentials nor configured headers, as these are often keys (RFC 9110 9.3.8).
 */
export function headersFor(address: EndpointAddress, outgoing: OutgoingRequest): HeaderList {
  const { host } = address;
  const { authorization, headers: own } = outgoing.method === 'TRACE' ? nothingOfOurs : address;
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

/** The framing of a body (RFC 9112 6): a buffered one has a length, a streamed one keeps the framing that it came with. */
function framingFor(req: IncomingMessage, { content }: RequestBody): HeaderList {
  if (content === undefined) return [];
  if (content instanceof Uint8Array) return ['Content-Length', String(content.length)];
  const length = lengthOnWire(req);
  return length === undefined ? ['Transfer-Encoding', 'chunked'] : ['Content-Length', length];
}

/** Joins the fields of a cookie, of which HTTP/2 may have several and HTTP/1.1 only one (RFC 9113 8.2.3). */
function withOneCookie(headers: HeaderList): HeaderList {
  const cookies = valuesOf(headers, 'cookie');
  return cookies.length < 2 ? headers : [...without(headers, new Set(['cookie'])), 'Cookie', cookies.join('; ')];
}

/** The `Content-Type` of a body whose text was decoded, and encoded again in UTF-8. */
function withUtf8(contentType: string): string {
  return contentType.replace(/(;\s*charset\s*=\s*)("?)[^";]*\2/gi, '$1utf-8');
}
