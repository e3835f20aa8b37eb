import type { IncomingMessage } from 'node:http';
import got from 'got';
import { milliseconds, trueOrFalse, wholeNumberFrom } from '../support/parser/kinds.ts';
import { fields, optional } from '../support/parser/option.ts';
import { parseOrThrow, refuse } from '../support/parser/problems.ts';
import { type AgentOption, type AgentPair, Agents, agentPair, ForeignAgents } from './http1/agents.ts';
import { NodeAttempt } from './http1/node-attempt.ts';
import { preferHttp2 } from './http2/prefer-http2.ts';
import type { Transport, UpstreamRequest } from './message/transport.ts';

/** Settings of {@link gotTransport}. */
export interface GotTransportOptions {
  /**
   * Most idle connections that are kept per endpoint.
   * @default 256
   */
  readonly maxFreeSockets?: number;
  /**
   * Milliseconds after which an idle connection is closed, unless the endpoint names another time in `Keep-Alive`.
   * @default 4_000
   */
  readonly keepAliveTimeoutMs?: number;
  /**
   * Speaks HTTP/2 with https endpoints that offer it (ALPN): cancelling an attempt then costs no connection.
   * @default false
   */
  readonly http2?: boolean;
  /**
   * What makes the connections in our agents' place, `http.Agent` and `https.Agent` or one of a proxy-agent kind. It is yours to
   * close, how long it keeps what is up to it, and `tls` of the proxy is told to it.
   * @default ours
   */
  readonly agent?: AgentOption;
}

interface Settings {
  readonly maxFreeSockets: number;
  readonly keepAliveTimeoutMs: number;
  readonly http2: boolean;
  readonly agent: AgentPair | undefined;
}

const settings = fields<Settings>({
  maxFreeSockets: optional(wholeNumberFrom(1), 256),
  keepAliveTimeoutMs: optional(milliseconds, 4_000),
  http2: optional(trueOrFalse, false),
  agent: optional(agentPair, undefined),
});

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
  const { http2, agent, ...keepAlive } = parseOrThrow(settings, options);
  if (http2 && agent) parseOrThrow(() => refuse('http2', 'goes past `agent`'), options);
  const agents = new Agents(keepAlive);
  const foreign = new ForeignAgents(agent);
  const http1: Transport = {
    send: (request, signal) =>
      new NodeAttempt(request, foreign.for(request) ?? agents.for(request)).send(signal, (respond) =>
        throughGot(request, respond),
      ),
    close: async () => agents.close(),
  };
  return http2 ? preferHttp2(http1) : http1;
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
