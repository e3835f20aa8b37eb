import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createSecureServer, type Http2ServerRequest, type Http2ServerResponse } from 'node:http2';
import type { AddressInfo, Server } from 'node:net';

/** A request to an endpoint, whatever its HTTP version. */
export type AskedRequest = IncomingMessage | Http2ServerRequest;

/** The endpoint's response. */
export type GivenResponse = ServerResponse | Http2ServerResponse;

/** What an endpoint does with a request. */
export type EndpointListener = (req: AskedRequest, res: GivenResponse) => void;

/** Where the endpoints are. */
export interface EndpointUrls {
  readonly http: readonly string[];
  /** Over HTTP/2. */
  readonly https: readonly string[];
}

/** Starts each endpoint twice: over HTTP/1.1, and over TLS with HTTP/2. */
export async function listenBothWays(
  listeners: readonly EndpointListener[],
  { cert, key }: { readonly cert: string; readonly key: string },
): Promise<EndpointUrls> {
  const http = listeners.map((listener) => listen(createServer({ keepAliveTimeout: 60_000 }, listener), 'http'));
  const https = listeners.map((listener) => listen(createSecureServer({ cert, key }, listener), 'https'));
  return { http: await Promise.all(http), https: await Promise.all(https) };
}

async function listen(server: Server, scheme: 'http' | 'https'): Promise<string> {
  server.listen({ port: 0, host: '127.0.0.1', backlog: 4_096 });
  await once(server, 'listening');
  return `${scheme}://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** Writes a piece of a body. Resolves when it has left: with false when the client is gone. */
export function writePiece(res: GivenResponse, piece: Buffer): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const onClose = (): void => resolve(false);
  if (res.closed || res.destroyed) return Promise.resolve(false);
  res.once('close', onClose);
  (res as ServerResponse).write(piece, (error) => {
    res.off('close', onClose);
    resolve(!error);
  });
  return promise;
}
