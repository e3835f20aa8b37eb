import type { LookupFunction } from 'node:net';
import { wholeNumberFrom } from '../support/parser/kinds.ts';
import { inWords, type OptionTable, objectOf, option } from '../support/parser/option.ts';
import { parseOrThrow, refuse } from '../support/parser/problems.ts';
import { type AgentOption, ForeignAgents, parseAgentPair } from './connect/foreign-agents.ts';
import { type ConnectionRoute, routeOptions } from './connect/route.ts';
import { Agents } from './http1/agents.ts';
import { NodeAttempt, type Passage } from './http1/node-attempt.ts';
import { preferHttp2 } from './http2/prefer-http2.ts';
import type { Transport } from './message/transport.ts';
import { commonOptions } from './message/transport-options.ts';

/** How {@link nodeTransport} connects. */
export interface NodeTransportOptions {
  /**
   * Most idle connections that are kept per endpoint.
   * @default 256
   */
  readonly maxFreeSockets?: number | undefined;
  /**
   * Time after which an idle connection is closed, in milliseconds, unless the endpoint names another time in `Keep-Alive`.
   * @default 4_000
   */
  readonly keepAliveTimeoutMs?: number | undefined;
  /**
   * Speak HTTP/2 with https endpoints that offer it (ALPN): a cancelled attempt then costs no connection.
   * @default false
   */
  readonly http2?: boolean | undefined;
  /**
   * IP address of this host from which connections are opened, v4 or v6; endpoints of the other kind cannot be reached then. An `agent`
   * of one's own is told.
   * @default the system chooses
   */
  readonly localAddress?: string | undefined;
  /**
   * Looks host names up, with the signature of `dns.lookup`: such as that of `cacheable-lookup`. What it says is not kept, so that it is
   * asked for each new connection to a name.
   * @default the system's
   */
  readonly lookup?: LookupFunction | undefined;
  /**
   * Makes the connections over node:http in the place of our agents: `http.Agent` and `https.Agent`, or one agent of a proxy-agent
   * kind. An agent is its owner's to close and decides what it keeps and for how long; the option `tls` of the proxy is told to it.
   * @default ours
   */
  readonly agent?: AgentOption | undefined;
}

/** The options of {@link nodeTransport}. */
export const nodeOptions = {
  maxFreeSockets: option(wholeNumberFrom(1), 256, 'Most idle connections that are kept per endpoint'),
  keepAliveTimeoutMs: commonOptions.keepAliveTimeoutMs,
  http2: commonOptions.http2,
  ...routeOptions,
  agent: option(parseAgentPair, inWords('ours'), 'Makes the connections over node:http in the place of our agents'),
} satisfies OptionTable<NodeTransportOptions>;

const parseNodeOptions = objectOf(nodeOptions);

/**
 * The plain transport: node:http and node:https themselves with kept-alive connections. The bytes on the wire are those of
 * `gotTransport()`, at a little more than half the CPU time of a request.
 * @throws BalancingProxyError `ERR_BRP_OPTIONS` that lists everything that is wrong with the options.
 */
export function nodeTransport(options: NodeTransportOptions = {}): Transport {
  return createNodeTransport(options);
}

/**
 * A transport over node:http whose responses go through something else, such as got.
 * @param passage is left out where nothing is in between.
 * @throws BalancingProxyError `ERR_BRP_OPTIONS` that lists everything that is wrong with the options.
 */
export function createNodeTransport(options: NodeTransportOptions, passage?: Passage): Transport {
  const { http2, agent, localAddress, lookup, ...keepAlive } = parseOrThrow(parseNodeOptions, options);
  if (http2 && agent) parseOrThrow(() => refuse('http2', 'goes past `agent`'), options);
  const route: ConnectionRoute = { localAddress, lookup };
  const agents = new Agents(keepAlive, route);
  const foreign = new ForeignAgents(agent);
  const http1: Transport = {
    send: (request, signal) =>
      new NodeAttempt(request, foreign.for(request) ?? agents.for(request), route).send(signal, passage),
    close: async () => agents.close(),
  };
  return http2 ? preferHttp2(http1, { route }) : http1;
}
