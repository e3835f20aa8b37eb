import type http from 'node:http';
import type { Socket } from 'node:net';
import { isInLine, type Source } from '../connect/foreign-agents.ts';
import type { Opening } from '../connect/open-connection.ts';
import type { ConnectionRoute } from '../connect/route.ts';
import { connectTimeout } from '../message/explain.ts';
import type { UpstreamRequest } from '../message/transport.ts';
import type { ConnectionSeeker } from './create-agent.ts';

/** How one request gets its connection, and how long that may take. */
export class NodeConnecting implements ConnectionSeeker {
  /** As {@link ConnectionSeeker.connectMs}. */
  readonly connectMs: number;
  /** As {@link ConnectionSeeker.route}. */
  readonly route: ConnectionRoute;
  readonly #address: UpstreamRequest['address'];
  readonly #source: Source | undefined;
  #opening: Opening | undefined;
  #isConnected = false;

  /** @param source where the connection is taken from. @param route how it is opened. */
  constructor({ address, connectMs }: UpstreamRequest, source: Source | undefined, route: ConnectionRoute) {
    this.route = route;
    this.#address = address;
    this.connectMs = connectMs;
    this.#source = source;
  }

  /** Whether the endpoint may have seen the request. */
  get isConnected(): boolean {
    return this.#isConnected;
  }

  /** As {@link ConnectionSeeker.createTimeout}. */
  createTimeout(): Error {
    return connectTimeout({ address: this.#address, connectMs: this.connectMs });
  }

  /** As {@link ConnectionSeeker.onOpening}. */
  onOpening(opening: Opening): void {
    this.#opening = opening;
  }

  /** Ends the opening, where there is no socket yet that could be destroyed. */
  cancel(): void {
    this.#opening?.fail(new Error('the attempt was cancelled'));
  }

  /**
   * Limits the time until a request is connected.
   * @param onLate gets the error of an agent that gives no socket in time: a request without a socket reports none.
   */
  watch(client: http.ClientRequest, onLate: (error: Error) => void): void {
    client.once('socket', (socket) => this.#watchSocket(socket));
    if (this.#source?.isForeign && this.connectMs < Infinity) this.#limitSearch(client, onLate);
  }

  /** Limits the time that an agent which is not ours takes before there is a socket. */
  #limitSearch(client: http.ClientRequest, onLate: (error: Error) => void): void {
    const onTime = (): void => {
      // Busy `maxSockets` of the agent are no fault of the endpoint's.
      if (isInLine(client, this.#source)) return void timer.refresh();
      onLate(this.createTimeout());
      client.destroy();
    };
    const timer = setTimeout(onTime, this.connectMs);
    const onEnd = (): void => clearTimeout(timer);
    client.once('socket', onEnd).once('close', onEnd);
  }

  #watchSocket(socket: Socket): void {
    if (!socket.connecting) {
      this.#isConnected = true;
      return;
    }
    const { connectMs } = this;
    const onTime = (): void => void socket.destroy(this.createTimeout());
    const timer = connectMs < Infinity ? setTimeout(onTime, connectMs) : undefined;
    const onClose = (): void => clearTimeout(timer);
    // The request may end before it gets its socket; only the socket's own end surely comes.
    socket.once('close', onClose);
    socket.once(this.#address.secure ? 'secureConnect' : 'connect', () => {
      this.#isConnected = true;
      clearTimeout(timer);
      // The listener would be kept as long as the connection, and this object with it.
      socket.off('close', onClose);
    });
  }
}
