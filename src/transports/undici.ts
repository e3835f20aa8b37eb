import '../support/refuse-old-node.ts';
import { isUtf8 } from 'node:buffer';
import { Readable } from 'node:stream';
import { Agent, type buildConnector, Client, type Dispatcher, errors, Pool } from 'undici';
import { isIdempotent } from '../http/methods.ts';
import { asksForUpgrade } from '../http/protocols.ts';
import { ForeignAgents } from './connect/foreign-agents.ts';
import { forgetUnused } from './connect/forget-unused.ts';
import type { Opening } from './connect/open-connection.ts';
import { PerTls } from './connect/per-tls.ts';
import { isNamedByOtherAddress } from './connect/server-name.ts';
import { NodeAttempt } from './http1/node-attempt.ts';
import { preferHttp2 } from './http2/prefer-http2.ts';
import { BodyOnce } from './message/body-once.ts';
import type { Transport, UpstreamRequest } from './message/transport.ts';
import { isLong } from './message/upload.ts';
import { createConnector } from './undici/connector.ts';
import { type DispatchOptions, UndiciAttempt } from './undici/undici-attempt.ts';
import { UndiciConnection } from './undici/undici-connection.ts';
import {
  type DispatcherOption,
  parseUndiciOptions,
  type UndiciSettings,
  type UndiciTransportOptions,
} from './undici/undici-options.ts';
import { checkUndici } from './undici/usable-undici.ts';

export type { DispatcherOption, UndiciTransportOptions } from './undici/undici-options.ts';

/**
 * The fast transport, on undici's dispatchers. Requests that undici cannot send as they are go over node:http, each on a connection
 * of its own: requests for an upgrade, `OPTIONS *`, and bodies that are streamed.
 *
 * `Host` and `Connection` are written in lower case. A 100 (Continue) that nobody asked for makes the attempt fail.
 * @throws BalancingProxyError `ERR_BRP_OPTIONS` that lists everything that is wrong with the options; `ERR_BRP_PEER` when
 * undici is too old, or is not undici, as in Bun.
 */
export function undiciTransport(options: UndiciTransportOptions = {}): Transport {
  checkUndici(Agent);
  const settings = parseUndiciOptions(options);
  const { dispatcher, agent } = settings;
  const agents = new UndiciAgents(settings);
  const foreign = new ForeignAgents(agent);
  const sendOverHttp1: Transport['send'] = (request, signal) => {
    if (isForNode(request, dispatcher !== undefined))
      return new NodeAttempt(request, foreign.for(request), settings).send(signal);
    const attempt = new UndiciAttempt(request, signal, settings);
    if (dispatcher) return attempt.send((dispatched) => dispatchTo(dispatcher, dispatched, attempt));
    const agent = agents.for(request);
    return attempt.send((dispatched) => agent.dispatch(dispatched as Dispatcher.DispatchOptions, attempt));
  };
  const http1 = { send: sendOverHttp1, close: () => agents.close() };
  return settings.http2 ? preferHttp2(http1, { route: settings }) : http1;
}

function dispatchTo(dispatcher: DispatcherOption, options: DispatchOptions, attempt: UndiciAttempt): void {
  const { body } = options;
  // A MockAgent compares the body with a string, as undici's own fetch() gives.
  const isForMock = dispatcher.isMockActive && body && isUtf8(body);
  dispatcher.dispatch((isForMock ? { ...options, body: body.toString() } : options) as never, attempt as never);
}

/** Whether a request goes over node:http; one that only needs another connection is left to a dispatcher of the user's. */
function isForNode(request: UpstreamRequest, isForeign: boolean): boolean {
  const { address, freshConnection, body, target, headers, tls } = request;
  if (!isForeign && (freshConnection || isNamedByOtherAddress(address, tls))) return true;
  return body instanceof Readable || !target.startsWith('/') || asksForUpgrade(headers);
}

/** How many agents are kept for one set of certificates, and which are forgotten beyond that: those without a connection. */
const remembered = { max: 256, isUnused: ({ stats }: Agent) => Object.keys(stats).length === 0 };

/**
 * The connection pools: one agent for each set of certificates, connect timeout, and Unix socket or IP address. An agent
 * tells its pools apart by the URL alone.
 */
class UndiciAgents {
  readonly #settings: UndiciSettings;
  readonly #openings = new Set<Opening>();
  readonly #agents = new PerTls<Map<string | number, Agent>>({
    create: () => new Map(),
    isUnused: (agents) => [...agents.values()].every(remembered.isUnused),
  });

  constructor(settings: UndiciSettings) {
    this.#settings = settings;
  }

  for(request: UpstreamRequest): Agent {
    const { address, tls, connectMs } = request;
    const place = address.socketPath ?? address.connectTo;
    const key = place === undefined ? connectMs : `${connectMs} ${place}`;
    const agents = this.#agents.for(tls);
    const known = agents.get(key);
    if (known) return known;
    forgetUnused(agents, remembered);
    const agent = this.#createAgent(request);
    agents.set(key, agent);
    return agent;
  }

  async close(): Promise<void> {
    const agents = this.#agents.all().flatMap((each) => [...each.values()]);
    this.#agents.clear();
    const closing = Promise.all(agents.map((agent) => agent.destroy()));
    for (const opening of this.#openings) opening.fail(new Error('the transport was closed'));
    await closing;
  }

  #createAgent({ address, tls, connectMs }: UpstreamRequest): Agent {
    const { connections, pipelining, keepAliveTimeoutMs } = this.#settings;
    return new Agent({
      pipelining,
      allowH2: false,
      // The limits of an attempt are ours.
      headersTimeout: 0,
      bodyTimeout: 0,
      keepAliveTimeout: keepAliveTimeoutMs,
      ...(connections < Infinity && { connections }),
      connect: createConnector({
        ...address,
        tls,
        connectMs,
        route: this.#settings,
        openings: this.#openings,
        createTimeout: () => new errors.ConnectTimeoutError(`no connection within ${connectMs} ms`),
      }),
      factory: (origin, settings) => new Pool(origin, { ...settings, factory: createConnection }),
    });
  }
}

type ConnectionOptions = Omit<Client.Options, 'connect'> & { readonly connect: buildConnector.connector };

function createConnection(origin: URL, options: object): Dispatcher {
  return new KnowingClient(origin, options as ConnectionOptions);
}

/** A client of undici that knows its connection, which undici does not tell of. */
class KnowingClient extends Client {
  connection: UndiciConnection | undefined;

  constructor(origin: URL, { connect, ...options }: ConnectionOptions) {
    super(origin, {
      ...options,
      connect: (settings, callback) =>
        connect(settings, (...[error, socket]) => {
          if (socket) this.connection = new UndiciConnection(socket);
          callback(...([error, socket] as Parameters<typeof callback>));
        }),
    });
  }

  override dispatch(options: Dispatcher.DispatchOptions, handler: Dispatcher.DispatchHandler): boolean {
    if (handler instanceof UndiciAttempt) {
      if (this.connection?.hasRest()) {
        handler.sendAlone();
        return true;
      }
      handler.client = this;
      if (!isIdempotent(options.method)) this.connection?.closeIfUnsure();
    }
    const { body } = options;
    const isLetGo = body instanceof Buffer && isLong(body) && this.pipelining === 1;
    return super.dispatch(isLetGo ? { ...options, body: new BodyOnce(body) as never } : options, handler);
  }
}
