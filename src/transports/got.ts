import type { ClientRequest, IncomingMessage } from 'node:http';
import got from 'got';
import { Agents } from './agents.ts';
import { preferHttp2 } from './http2.ts';
import { NodeExchange, type Outlet } from './node-exchange.ts';
import type { Transport, UpstreamRequest } from './transport.ts';

/** Settings of {@link gotTransport}. */
export interface GotTransportOptions {
  /**
   * Most idle connections that are kept per endpoint.
   * @default 256
   */
  readonly maxFreeSockets?: number;
  /**
   * Speaks HTTP/2 with https endpoints that offer it (ALPN): cancelling an attempt then costs no connection.
   * @default false
   */
  readonly http2?: boolean;
}

/** got with everything switched off that would change a request or response, or send it twice. */
const plainGot = got.extend({
  retry: { limit: 0 },
  followRedirect: false,
  decompress: false,
  throwHttpErrors: false,
  methodRewriting: false,
  allowGetBody: true,
  strictContentLength: false,
  setHost: false,
  headers: { 'user-agent': undefined },
});

/** The default transport: got over node:http and node:https with kept-alive connections. */
export function gotTransport({ maxFreeSockets = 256, http2 = false }: GotTransportOptions = {}): Transport {
  const agents = new Agents(maxFreeSockets);
  const http1: Transport = {
    send: (request, signal) =>
      new NodeExchange(request, agents.for(request)).send(signal, (connect) => throughGot(request, connect)),
    close: async () => agents.close(),
  };
  return http2 ? preferHttp2(http1) : http1;
}

/**
 * Sends a request through got, which gets its connection from us: WHATWG URL would change the target, got's header
 * object the headers.
 */
function throughGot({ address, method }: UpstreamRequest, connect: () => ClientRequest): Outlet {
  const stream = plainGot.stream(address.secure ? 'https://endpoint' : 'http://endpoint');
  // Given as options of the call they would be merged and validated with all others, at a third of got's own cost. They
  // are read later in this turn.
  stream.options.method = method as 'GET';
  stream.options.request = connect;
  // got would read the body into its own stream; it goes straight from the socket to the client instead.
  stream.once('response', (response: IncomingMessage) => void response.removeAllListeners('readable'));
  return stream;
}
