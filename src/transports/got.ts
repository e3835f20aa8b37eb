import type { IncomingMessage } from 'node:http';
import got from 'got';
import type { Transport, UpstreamRequest } from './message/transport.ts';
import { createNodeTransport, type NodeTransportOptions } from './node.ts';

/** How {@link gotTransport} connects: with the options of `nodeTransport()`. */
export type GotTransportOptions = NodeTransportOptions;

/** got with everything switched off that would change a response or send a request twice; the headers of got are not sent. */
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
 * Passes a response through got, which gets it from us: got itself would change the target by WHATWG URL and the headers by an
 * object. Given the request, got would measure the phases and watch the events of it, at a quarter of the cost of all.
 */
function throughGot({ address, method }: UpstreamRequest, respond: () => Promise<IncomingMessage>) {
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
  const stream = plainGot.stream(address.secure ? 'https://endpoint' : 'http://endpoint');
  // Options of the call would be merged with all others and checked; got reads these two later in this turn.
  stream.options.method = method as 'GET';
  stream.options.request = respond;
  stream.end();
  stream.once('response', (response: IncomingMessage) => {
    // got would read the body into a stream of its own; without this listener the body goes straight from the socket to the client.
    response.removeAllListeners('readable');
    resolve(response);
  });
  // The listener stays to the end: got reports here, too, what breaks off a body, and nobody else listens.
  stream.on('error', reject);
  return promise;
}
