import type { IncomingHttpHeaders, OutgoingHttpHeaders } from 'node:http2';
import { connectionHeaders, groupByName } from '../../../http/headers.ts';
import type { UpstreamRequest } from '../../message/transport.ts';

/** Headers that HTTP/2 has no use for, or says in another way (RFC 9113 8.2.2, 8.3.1). */
const left: ReadonlySet<string> = new Set([...connectionHeaders, 'host']);

/** The same, and headers of a handshake that are for HTTP/1.1 only (RFC 8441 5). */
const leftOfHandshake: ReadonlySet<string> = new Set([...left, 'content-length', 'sec-websocket-key']);

/** The head of a request. */
export function requestHeaders({ method, target, headers, acceptsTrailers }: UpstreamRequest): OutgoingHttpHeaders {
  const pseudo = { ':method': method, ':path': target };
  return withFields(pseudo, headers, left, acceptsTrailers);
}

/** The head of a request to open a WebSocket (RFC 8441 4). */
export function handshakeHeaders({ target, headers }: UpstreamRequest): OutgoingHttpHeaders {
  const pseudo = { ':method': 'CONNECT', ':protocol': 'websocket', ':path': target };
  return withFields(pseudo, headers, leftOfHandshake, false);
}

function withFields(
  object: OutgoingHttpHeaders,
  headers: readonly string[],
  dropped: ReadonlySet<string>,
  acceptsTrailers = false,
): OutgoingHttpHeaders {
  for (const { name, values } of groupByName(headers)) {
    const lower = name.toLowerCase();
    if (lower === 'host') object[':authority'] = values[0];
    if (dropped.has(lower)) continue;
    const value = values.length === 1 ? values[0] : values;
    if (lower !== '__proto__') object[lower] = value;
    else Object.defineProperty(object, lower, { value, enumerable: true });
  }
  if (acceptsTrailers) object.te = 'trailers';
  return object;
}

/** Names and values as they came, less the pseudo headers. */
export function fieldsAsSent(headers: IncomingHttpHeaders, raw: readonly string[] | undefined): readonly string[] {
  const list =
    raw ?? Object.entries(headers).flatMap(([name, value]) => [value ?? []].flat().flatMap((one) => [name, one]));
  return list.filter((_, index) => !list[index - (index % 2)]?.startsWith(':'));
}
