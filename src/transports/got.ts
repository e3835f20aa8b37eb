import type { IncomingMessage } from 'node:http';
import got from 'got';
import type { Transport, UpstreamRequest } from './message/transport.ts';
import { createNodeTransport, type NodeTransportOptions } from './node.ts';

/** Settings of {@link gotTransport}: the same as those of `nodeTransport()`. */
export type GotTransportOptions = NodeTransportOptions;

/** got with everything switched off that would change a response or send a request twice; its headers are not sent. */
const plainGot = got.extend({
  retry: { limit: 0 },
  followRedirect: false,
  decompress: false,
  throwHttpErrors: false,
  methodRewriting: false,
  allowGetBody: true,
  strictContentLength: false,
});

/**
 * The default transport: got over node:http and node:https with kept-alive connections.
 * @throws BalancingProxyError `ERR_BRP_OPTIONS` that lists everything that is wrong with the options.
 */
export function gotTransport(options: GotTransportOptions = {}): Transport {
  return createNodeTransport(options, throughGot);
}

/**
 * Sends a request through got, which gets the response from us: WHATWG URL would change the target, got's header object the
 * headers. Were it given the request, it would measure its phases and watch its events, at a quarter of the cost of all.
 */
function throughGot({ address, method }: UpstreamRequest, respond: () => Promise<IncomingMessage>) {
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
  const stream = plainGot.stream(address.secure ? 'https://endpoint' : 'http://endpoint');
  // As options of the call they would be merged and validated with all others. They are read later in this turn.
  stream.options.method = method as 'GET';
  stream.options.request = respond;
  stream.end();
  stream.once('response', (response: IncomingMessage) => {
    // got would read the body into its own stream; it goes straight from the socket to the client instead.
    response.removeAllListeners('readable');
    resolve(response);
  });
  // It stays to the end: got reports here, too, what breaks off a body, and nobody else listens.
  stream.on('error', reject);
  return promise;
}
