import type { IncomingMessage, RequestListener, Server } from 'node:http';
import type { Duplex } from 'node:stream';
import { Server as TlsServer } from 'node:tls';
import type { Configuration } from '../../config/configuration.ts';
import type { BoundAddress, ListenAddress } from '../../flags/kinds/address.ts';
import type { Log } from '../../log/log.ts';
import type { Metric } from '../../metrics/metric.ts';
import { boundAddressOf, listenOn } from '../address/listen.ts';
import { ClientLimits } from '../limits/client-limits.ts';
import { clientMetrics } from './client-metrics.ts';
import { createClientServer } from './client-server.ts';
import { Connections } from './connections.ts';

/** Answers what clients ask for. */
interface Answering {
  readonly serve: RequestListener;
  /** Answers a request for another protocol. */
  readonly upgrade: (req: IncomingMessage, socket: Duplex, head: Buffer) => void;
}

interface ClientsSettings {
  /** The certificate, and the flags about clients. */
  readonly configuration: Configuration;
  readonly proxy: Answering;
  readonly log: Log;
  /** Milliseconds for which a client may leave a response unread, or Infinity; asked again and again, as a reload may change it. */
  readonly unreadMs: () => number;
}

/** The clients of this process: the server that they connect to, their connections, and how much they may take. */
export class Clients {
  readonly #server: Server;
  readonly #connections: Connections;
  readonly #limits: ClientLimits;
  readonly #log: Log;

  constructor({ configuration, proxy, log, unreadMs }: ClientsSettings) {
    this.#log = log;
    this.#limits = new ClientLimits({ values: configuration.values, log, unreadMs });
    this.#server = createClientServer(configuration, this.#limits.admitting(proxy.serve));
    this.#connections = new Connections(this.#server);
    this.#limits.guard(this.#server);
    this.#server.on('upgrade', (req, socket, head) => {
      this.#connections.release(req.socket);
      if (this.#limits.admitUpgrade(socket)) proxy.upgrade(req, socket, head);
    });
  }

  /** Lets clients connect from now on. @throws CommandError with exit code 1 when the address cannot be had. */
  async listen(address: ListenAddress): Promise<void> {
    await listenOn(this.#server, address);
    this.#server.on('error', (error) => this.#log('error', `server: ${error.message}`));
  }

  /** The address at which clients connect. */
  get bound(): BoundAddress {
    return boundAddressOf(this.#server);
  }

  /** Whether clients can connect. */
  get isListening(): boolean {
    return this.#server.listening;
  }

  /** Who is connected, and who was turned away. */
  get metrics(): readonly Metric[] {
    return clientMetrics({ connections: this.#connections, limits: this.#limits });
  }

  /** Shows another certificate to clients that connect from now on. */
  show(certificate: NonNullable<Configuration['certificate']>): void {
    if (this.#server instanceof TlsServer) this.#server.setSecureContext(certificate);
  }

  /** Goes on serving, but tells every client to leave; see {@link Connections.leave}. */
  leave(): void {
    this.#connections.leave();
  }

  /** Accepts no more connections. */
  refuse(): void {
    this.#connections.refuse();
  }

  /** Comes after {@link refuse}: resolves when the last response has been sent. @param limitMs milliseconds that the caller waits; 0 is no limit. */
  finish(limitMs: number): Promise<void> {
    return this.#connections.finish(limitMs);
  }

  /** Ends all connections at once, whatever is under way on them. */
  cut(): void {
    this.#connections.cut();
  }
}
