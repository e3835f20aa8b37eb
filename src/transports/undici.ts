import type { Socket } from 'node:net';
import { Readable } from 'node:stream';
import { Agent, type buildConnector, Client, type Dispatcher, errors, Pool } from 'undici';
import type { EndpointAddress } from '../endpoints/address.ts';
import { asksForUpgrade } from './asks-for-upgrade.ts';
import { createConnector } from './connector.ts';
import { preferHttp2 } from './http2/prefer-http2.ts';
import { NodeExchange } from './node-exchange.ts';
import { isNamedByOtherAddress } from './server-name.ts';
import type { TlsOptions, Transport, UpstreamRequest } from './transport.ts';
import { UndiciExchange, type UsedConnection } from './undici-exchange.ts';
import { limitRest } from './upload.ts';

/** Settings of {@link undiciTransport}. */
export interface UndiciTransportOptions {
  /**
   * Most connections per endpoint; further attempts wait for one.
   * @default no limit
   */
  readonly connections?: number;
  /**
   * Most requests that are sent over one connection before the first of them is answered. Cancelling one of them breaks
   * the others off.
   * @default 1
   */
  readonly pipelining?: number;
  /**
   * Speaks HTTP/2 with https endpoints that offer it (ALPN): cancelling an attempt then costs no connection.
   * @default false
   */
  readonly http2?: boolean;
  /** The same as `http2`, by the name that undici has for it. */
  readonly allowH2?: boolean;
  /**
   * Milliseconds after which an idle connection is closed, unless the endpoint names another time in `Keep-Alive`.
   * @default 4_000
   */
  readonly keepAliveTimeoutMs?: number;
}

/**
 * The fast transport, on undici's dispatchers. What undici cannot send as it is goes over node:http, on a connection of
 * its own: requests for an upgrade, `OPTIONS *`, and bodies that are streamed.
 *
 * `Host` and `Connection` are written in lower case. A 100 (Continue) that nobody asked for makes the attempt fail.
 */
export function undiciTransport({ allowH2, http2 = allowH2, ...options }: UndiciTransportOptions = {}): Transport {
  const agents = new UndiciAgents(options);
  const sendOverHttp1: Transport['send'] = (request, signal) => {
    if (isForNode(request)) return new NodeExchange(request).send(signal);
    const exchange = new UndiciExchange(request, signal);
    const agent = agents.for(request);
    return exchange.send((dispatched) => agent.dispatch(dispatched as Dispatcher.DispatchOptions, exchange));
  };
  const http1 = { send: sendOverHttp1, close: () => agents.close() };
  return http2 ? preferHttp2(http1) : http1;
}

function isForNode({ address, freshConnection, body, target, headers }: UpstreamRequest): boolean {
  if (freshConnection || isNamedByOtherAddress(address)) return true;
  return body instanceof Readable || !target.startsWith('/') || asksForUpgrade(headers);
}

/** So many agents of one set of certificates are kept; beyond that those without a connection are forgotten. */
const mostAgents = 256;

/**
 * The connection pools: one agent for each set of certificates, connect timeout, and Unix socket or IP address. An agent
 * tells its pools apart by the URL alone.
 */
class UndiciAgents {
  readonly #options: UndiciTransportOptions;
  readonly #agents = new Map<TlsOptions | undefined, Map<string | number, Agent>>();

  constructor(options: UndiciTransportOptions) {
    this.#options = options;
  }

  for({ address, tls, connectMs }: UpstreamRequest): Agent {
    const place = address.socketPath ?? address.connectTo;
    const key = place === undefined ? connectMs : `${connectMs} ${place}`;
    const known = this.#agents.get(tls)?.get(key);
    if (known) return known;
    const agents = this.#agents.get(tls) ?? new Map<string | number, Agent>();
    forgetUnused(agents);
    const agent = this.#createAgent(address, { tls, connectMs });
    this.#agents.set(tls, agents.set(key, agent));
    return agent;
  }

  async close(): Promise<void> {
    const agents = [...this.#agents.values()].flatMap((each) => [...each.values()]);
    this.#agents.clear();
    await Promise.all(agents.map((agent) => agent.destroy()));
  }

  #createAgent(address: EndpointAddress, settings: ConnectSettings): Agent {
    const { connections, pipelining = 1, keepAliveTimeoutMs } = this.#options;
    return new Agent({
      pipelining,
      allowH2: false,
      // The limits are ours.
      headersTimeout: 0,
      bodyTimeout: 0,
      ...(connections !== undefined && { connections }),
      ...(keepAliveTimeoutMs !== undefined && { keepAliveTimeout: keepAliveTimeoutMs }),
      connect: createConnector({
        ...address,
        ...settings,
        createTimeout: () => new errors.ConnectTimeoutError(`no connection within ${settings.connectMs} ms`),
      }),
      factory: (origin, settings) => new Pool(origin, { ...settings, factory: createConnection }),
    });
  }
}

type ConnectSettings = Pick<UpstreamRequest, 'tls' | 'connectMs'>;

function forgetUnused(agents: Map<string | number, Agent>): void {
  for (const [key, { stats }] of agents) {
    if (agents.size < mostAgents) return;
    if (Object.keys(stats).length === 0) agents.delete(key);
  }
}

type ConnectionOptions = Omit<Client.Options, 'connect'> & { readonly connect: buildConnector.connector };

function createConnection(origin: URL, options: object): Dispatcher {
  return new Connection(origin, options as ConnectionOptions);
}

/** A client that knows its socket, to see what undici does not tell. */
class Connection extends Client implements UsedConnection {
  #socket: Socket | undefined;
  #requests = 0;
  /** Those that are under way; more than one with pipelining. */
  readonly #exchanges = new Set<UndiciExchange>();

  constructor(origin: URL, { connect, ...options }: ConnectionOptions) {
    super(origin, {
      ...options,
      connect: (settings, callback) =>
        connect(settings, (...[error, socket]) => {
          if (socket) this.#watch(socket);
          callback(...([error, socket] as Parameters<typeof callback>));
        }),
    });
  }

  use(exchange: UndiciExchange): boolean {
    this.#exchanges.add(exchange);
    return ++this.#requests > 1;
  }

  release(exchange: UndiciExchange): void {
    this.#exchanges.delete(exchange);
    if (this.#socket?.writableLength) limitRest(this.#socket, { until: 'drain', of: this.#socket });
  }

  override dispatch(options: Dispatcher.DispatchOptions, handler: Dispatcher.DispatchHandler): boolean {
    if (handler instanceof UndiciExchange) handler.connection = this;
    return super.dispatch(options, handler);
  }

  #watch(socket: Socket): void {
    this.#socket = socket;
    this.#requests = 0;
    // Of a body that ends with the connection undici makes a clean end even when that was a reset.
    socket.on('error', (error) => {
      for (const exchange of this.#exchanges) exchange.onBroken(error);
    });
    socket.once('close', () => this.#exchanges.clear());
  }
}
