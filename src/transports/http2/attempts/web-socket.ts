import { createHash } from 'node:crypto';
import type { ClientHttp2Stream } from 'node:http2';
import { Readable } from 'node:stream';
import { valuesOf } from '../../../http/headers.ts';
import type { UpstreamRequest, UpstreamResponse } from '../../message/transport.ts';

/** The response to a handshake that an endpoint has accepted with a 200 (RFC 8441 5), as it would be over HTTP/1.1. */
export function switchedTo(
  stream: ClientHttp2Stream,
  headers: readonly string[],
  request: UpstreamRequest,
): UpstreamResponse {
  return {
    status: 101,
    statusText: 'Switching Protocols',
    headers: [...switchingHeaders(request), ...headers],
    body: Readable.from([]),
    trailers: () => [],
    upgraded: { socket: stream, head: Buffer.alloc(0) },
  };
}

/** The headers by which an endpoint switches to WebSocket over HTTP/1.1 (RFC 6455 4.2.2). */
function switchingHeaders({ headers }: UpstreamRequest): readonly string[] {
  const [key = ''] = valuesOf(headers, 'sec-websocket-key');
  const accept = createHash('sha1').update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('base64');
  return ['Upgrade', 'websocket', 'Connection', 'Upgrade', 'Sec-WebSocket-Accept', accept];
}
