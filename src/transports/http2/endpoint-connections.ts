import type { TLSSocket } from 'node:tls';
import { explain } from '../message/explain.ts';
import type { UpstreamRequest } from '../message/transport.ts';
import { Http2Connection } from './connection.ts';
import type { ConnectionLimits } from './connection-limits.ts';
import { Http1Offer } from './http1-offer.ts';
import { untilOpen } from './open-session.ts';
import { maxWindowBytes, receiveWindow } from './receive-window.ts';
import { type ConnectSettings, type OpenSockets, openSocket } from './socket.ts';
import { StreamLimit } from './stream-limit.ts';

/** So many connections are opened, beyond what the number of streams asks for, to carry large bodies. */
const maxForLarge = 8;

/** After a connection that nobody waited for has failed, the next one is tried so much later. */
const calmMs = 1_000;

/** One that is being set up, and for how many requests. */
interface Connecting {
  readonly promise: Promise<void>;
  waiting: number;
}

/** The connections to one endpoint, and what it speaks. */
export class EndpointConnections {
  readonly #sockets: OpenSockets;
  readonly #limits: ConnectionLimits;
  readonly #connections = new Set<Http2Connection>();
  readonly #connecting = new Set<Connecting>();
  /** As far as the last connection told. */
  #maxAtOnce = 100;
  #windowBytes = maxWindowBytes;
  readonly #streamLimit = new StreamLimit();
  #isHttp1 = false;
  #recheckAtMs = 0;
  #calmUntilMs = 0;
  readonly #http1Offer: Http1Offer;

  constructor(sockets: OpenSockets, limits: ConnectionLimits) {
    this.#sockets = sockets;
    this.#limits = limits;
    this.#http1Offer = new Http1Offer(sockets);
  }

  get isUnused(): boolean {
    return this.#connections.size === 0 && this.#connecting.size === 0;
  }

  /** As {@link Http2Sessions.connectionFor}. */
  for(request: UpstreamRequest): Http2Connection | Promise<void> | undefined {
    const connection = this.#best();
    if (connection) {
      if (connection.isWorn && this.#connecting.size === 0) this.#connectInBackground(request);
      return connection;
    }
    if (!this.#isHttp1) return this.#waitFor(request);
    if (performance.now() >= this.#recheckAtMs) {
      this.#recheckAtMs = performance.now() + this.#limits.recheckMs;
      if (this.#connecting.size === 0) this.#connectInBackground(request);
    }
    return undefined;
  }

  /** As {@link Http2Sessions.offersHttp1}. */
  offersHttp1(request: UpstreamRequest): Promise<boolean> {
    return this.#isHttp1 ? this.#http1Offer.know(Promise.resolve(true)) : this.#http1Offer.ask(request);
  }

  /** The one with the least to do, the first one of these: those that are not needed get idle so. */
  #best(): Http2Connection | undefined {
    let best: Http2Connection | undefined;
    for (const connection of this.#connections) {
      if (connection.mayTakeStream && (!best || isBetter(connection, best))) best = connection;
    }
    return best;
  }

  /** Makes room for large bodies, and connections; those that are under way stay where they are. */
  #adaptTo(settings: ConnectSettings): void {
    let large = 0;
    for (const connection of this.#connections) large += connection.large;
    this.#windowBytes = receiveWindow(large, this.#windowBytes);
    for (const connection of this.#connections) connection.setWindow(this.#windowBytes);
    const missing = Math.min(large, maxForLarge) - this.#connections.size - this.#connecting.size;
    for (let i = 0; i < missing; i++) this.#connectInBackground(settings);
  }

  #waitFor(request: UpstreamRequest): Promise<void> {
    for (const connecting of this.#connecting) {
      if (connecting.waiting >= Math.min(this.#maxAtOnce, this.#streamLimit.streams)) continue;
      connecting.waiting++;
      return connecting.promise;
    }
    return this.#connect(request, 1).promise;
  }

  #connectInBackground(settings: ConnectSettings): void {
    if (performance.now() < this.#calmUntilMs) return;
    this.#connect(settings, 0).promise.catch(() => {
      this.#calmUntilMs = performance.now() + calmMs;
    });
  }

  #connect({ address, tls, connectMs }: ConnectSettings, waiting: number): Connecting {
    const promise = this.#open({ address, tls, connectMs }).finally(() => this.#connecting.delete(connecting));
    const connecting: Connecting = { promise, waiting };
    this.#connecting.add(connecting);
    return connecting;
  }

  async #open(settings: ConnectSettings): Promise<void> {
    const startedAtMs = performance.now();
    try {
      const socket = await openSocket(settings, { protocols: ['h2', 'http/1.1'], sockets: this.#sockets });
      this.#isHttp1 = socket.alpnProtocol !== 'h2';
      if (this.#isHttp1) {
        this.#recheckAtMs = performance.now() + this.#limits.recheckMs;
        socket.destroy();
      } else await this.#openSession(socket, settings, startedAtMs);
    } catch (error) {
      // Nothing was asked of the endpoint yet.
      throw explain(error as Error, { name: settings.address.name, isConnected: false, isReused: false });
    }
  }

  async #openSession(socket: TLSSocket, settings: ConnectSettings, startedAtMs: number): Promise<void> {
    const limits = { ...this.#limits, allStreams: this.#streamLimit.streams };
    const connection = new Http2Connection(socket, settings.address, limits, {
      onTooMany: (seen) => this.#streamLimit.closedAfter(seen),
      onEnd: () => this.#connections.delete(connection),
      onLarge: () => this.#adaptTo(settings),
    });
    await untilOpen({ connection, socket, startedAtMs }, settings);
    this.#maxAtOnce = connection.maxAtOnce;
    connection.setWindow(this.#windowBytes);
    for (const other of this.#connections) {
      if (!other.isWorn) continue;
      this.#connections.delete(other);
      other.retire();
    }
    this.#connections.add(connection);
    // Those who waited for it may be gone.
    connection.session.unref();
  }
}

function isBetter(one: Http2Connection, other: Http2Connection): boolean {
  if (one.isWorn !== other.isWorn) return other.isWorn;
  return one.large === other.large ? one.open < other.open : one.large < other.large;
}
