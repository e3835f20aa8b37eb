import { forgetUnused } from '../../connect/forget-unused.ts';
import { PerTls } from '../../connect/per-tls.ts';
import { usualRoute } from '../../connect/route.ts';
import type { UpstreamRequest } from '../../message/transport.ts';
import type { Http2Connection } from './connection.ts';
import { type ConnectionLimits, usualLimits } from './connection-limits.ts';
import { EndpointConnections } from './endpoint-connections.ts';
import { OpenSockets } from './socket.ts';

/** How many endpoints are remembered, and which are forgotten beyond that: those without a connection. */
const remembered = { max: 256, isUnused: (connections: EndpointConnections) => connections.isUnused };

/** HTTP/2 connections to https endpoints, shared by all requests. */
export class Http2Sessions {
  readonly #limits: ConnectionLimits;
  readonly #endpoints = new PerTls<Map<string, EndpointConnections>>({
    create: () => new Map(),
    isUnused: (endpoints) => [...endpoints.values()].every(remembered.isUnused),
  });
  /** The sockets of all connections, also of those that are being set up and of those that only finish what they have begun. */
  readonly #sockets: OpenSockets;

  /** @param limits that are not the usual ones. @param route the way that connections take. */
  constructor(limits: Partial<ConnectionLimits> = {}, route = usualRoute) {
    this.#sockets = new OpenSockets(route);
    this.#limits = { ...usualLimits, ...limits };
  }

  /**
   * A connection that can take a stream, a promise after which to ask again, or undefined when the endpoint does not offer
   * HTTP/2 (ALPN, RFC 7301).
   * @throws BalancingProxyError `ERR_BRP_CONNECT` and `ERR_BRP_CONNECT_TIMEOUT`.
   */
  connectionFor(request: UpstreamRequest): Http2Connection | Promise<void> | undefined {
    return this.#connectionsOf(request).for(request);
  }

  /** Whether the endpoint can be asked over HTTP/1.1. */
  offersHttp1(request: UpstreamRequest): Promise<boolean> {
    return this.#connectionsOf(request).offersHttp1(request);
  }

  /** Closes all connections, also those that are being set up, with all that goes on over them. */
  close(): void {
    this.#endpoints.clear();
    this.#sockets.close();
  }

  #connectionsOf({ address, tls, connectMs }: UpstreamRequest): EndpointConnections {
    const endpoints = this.#endpoints.for(tls);
    // Requests wait together for a connection, so that they have to have the same time for it.
    const key = `${connectMs} ${address.host} ${address.connectTo ?? ''}`;
    const known = endpoints.get(key);
    if (known) return known;
    const connections = new EndpointConnections(this.#sockets, this.#limits);
    forgetUnused(endpoints, remembered);
    endpoints.set(key, connections);
    return connections;
  }
}
