import type { TLSSocket } from 'node:tls';
import { explain } from '../../message/explain.ts';
import type { UpstreamRequest } from '../../message/transport.ts';
import { Http2Connection } from './connection.ts';
import type { ConnectionLimits } from './connection-limits.ts';
import { Http1Offer } from './http1-offer.ts';
import { untilOpen } from './open-session.ts';
import { maxWindowBytes, receiveWindow } from './receive-window.ts';
import { type ConnectSettings, type OpenSockets, openSocket } from './socket.ts';
import { StreamLimit } from './stream-limit.ts';

/** Connections to one endpoint that are opened for large bodies, beyond those that the number of streams asks for. */
const maxForLarge = 8;

/** Milliseconds until the next connection is tried in the background after one has failed. */
const calmMs = 1_000;

/** A connection that is being set up. */
interface Connecting {
  readonly promise: Promise<void>;
  /** How many requests wait for it. */
  waiting: number;
}

/** The connections to one endpoint, and which protocols it speaks. */
export class EndpointConnections {
  readonly #sockets: OpenSockets;
  readonly #limits: ConnectionLimits;
  readonly #connections = new Set<Http2Connection>();
  readonly #connecting = new Set<Connecting>();
  /** Streams that a connection may have at one time, as the last connection told. */
  #maxAtOnce = 100;
  #windowBytes = maxWindowBytes;
  readonly #streamLimit = new StreamLimit();
  #isHttp1 = false;
  #recheckAtMs = 0;
  #calmUntilMs = 0;
  readonly #http1Offer: Http1Offer;

  /** @param sockets get those of all connections. */
  constructor(sockets: OpenSockets, limits: ConnectionLimits) {
    this.#sockets = sockets;
    this.#limits = limits;
    this.#http1Offer = new Http1Offer(sockets);
  }

  /** Whether there is no connection, nor one to come. */
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

  /** The connection with the least to do, the oldest of several, so that those that are not needed become idle. */
  #best(): Http2Connection | undefined {
    let best: Http2Connection | undefined;
    for (const connection of this.#connections) {
      if (connection.mayTakeStream && (!best || isBetter(connection, best))) best = connection;
    }
    return best;
  }

  /** Makes windows smaller and opens connections as large bodies become more; bodies that are under way stay where they are. */
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
      // `isConnected` is false: no request was sent yet.
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
    // The requests that waited for the connection may be gone, and an idle one must keep no process alive.
    connection.session.unref();
  }
}

function isBetter(one: Http2Connection, other: Http2Connection): boolean {
  if (one.isWorn !== other.isWorn) return other.isWorn;
  return one.large === other.large ? one.open < other.open : one.large < other.large;
}
