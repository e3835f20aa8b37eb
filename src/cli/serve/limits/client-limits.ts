import type { RequestListener, Server } from 'node:http';
import type { Duplex } from 'node:stream';
import { Server as TlsServer } from 'node:tls';
import { Descriptors } from '../../../support/descriptors.ts';
import { spareDescriptors } from '../../../transports/connect/spare-descriptors.ts';
import type { FlagValues } from '../../flags/flags.ts';
import type { Log } from '../../log/log.ts';
import { ConnectionGate } from './connection-gate.ts';
import { refusingLargeHeads } from './head-size.ts';
import { Refusals } from './refusals.ts';
import { RequestGate } from './request-gate.ts';
import { SignsOfLife } from './signs-of-life.ts';
import { maxTold } from './turn-away.ts';
import { UnreadResponses } from './unread-responses.ts';

/** Milliseconds between two looks at what clients leave unread. */
const lookMs = 1_000;

/** The most file descriptors that are kept from connections to endpoints: for `-admin`, the log and other files. */
const maxSpare = 16;

/** What clients are refused, in numbers since the start. */
export interface RefusedCounts {
  /** Connections above `-max-connections`. */
  readonly connections: number;
  /** Requests above `-max-requests`. */
  readonly requests: number;
  /** Connections of clients for which there was no file descriptor to spare. */
  readonly withoutDescriptor: number;
}

interface LimitSettings {
  readonly values: Pick<FlagValues, 'max-connections' | 'max-requests' | 'max-header-size'>;
  readonly log: Log;
  /** Milliseconds for which a client may leave a response unread, or Infinity; asked again and again, as a reload may change it. */
  readonly unreadMs: () => number;
  /** @default those of the process */
  readonly descriptors?: Descriptors;
}

/** How much of this process clients may take, and what becomes of those who ask for more. */
export class ClientLimits {
  readonly #descriptors: Descriptors;
  readonly #settings: LimitSettings;
  readonly #requests: RequestGate;
  readonly #tooMany: Refusals<'connections' | 'requests'>;
  readonly #short: Refusals<'clients' | 'endpoints'>;
  readonly #life = new SignsOfLife();
  readonly #unread = new UnreadResponses(this.#life);

  constructor(settings: LimitSettings) {
    const { values, log, descriptors = new Descriptors() } = settings;
    this.#settings = settings;
    this.#descriptors = descriptors;
    const { limit = 0 } = descriptors;
    spareDescriptors({
      descriptors,
      count: Math.min(maxSpare, Math.floor(limit / 8)),
      onLack: () => this.#short.add('endpoints'),
    });
    this.#tooMany = new Refusals((recent) => {
      for (const kind of ['connections', 'requests'] as const) {
        if (recent(kind) > 0) log('warn', tooMany(kind, recent(kind)), { limit: `max-${kind}`, refused: recent(kind) });
      }
    });
    this.#short = new Refusals((recent) => {
      const [clients, endpoints] = [recent('clients'), recent('endpoints')];
      log('error', noDescriptors(limit, clients, endpoints), { limit: 'descriptors', clients, endpoints });
    });
    this.#requests = new RequestGate(values['max-requests'], () => this.#tooMany.add('requests'));
  }

  /** Gives a listener the requests that may be served. */
  admitting(listener: RequestListener): RequestListener {
    return refusingLargeHeads(this.#settings.values['max-header-size'], this.#requests.admitting(listener));
  }

  /** As {@link RequestGate.admitUpgrade}. */
  admitUpgrade(socket: Duplex): boolean {
    return this.#requests.admitUpgrade(socket);
  }

  /** Watches over the connections of a server from now on. Whoever listens for connections, too, must do so before. */
  guard(server: Server): void {
    const { limit = Infinity } = this.#descriptors;
    // Each client that is let in may ask for something, and needs a connection to an endpoint then.
    const kept = limit / 2;
    const connections = new ConnectionGate({
      max: this.#settings.values['max-connections'],
      hasRoom: () => !this.#descriptors.areDownTo(kept),
      told: server instanceof TlsServer ? 0 : Math.min(maxTold, Math.floor(limit / 32)),
      onRefused: (why) => (why === 'too-many' ? this.#tooMany.add('connections') : this.#short.add('clients')),
    });
    connections.guard(server);
    this.#requests.askedFirst(server);
    this.#life.follow(server);
    const looking = setInterval(() => this.#look(), lookMs).unref();
    server.once('close', () => clearInterval(looking));
  }

  /** What was refused so far. */
  get refused(): RefusedCounts {
    return {
      connections: this.#tooMany.total('connections'),
      requests: this.#tooMany.total('requests'),
      withoutDescriptor: this.#short.total('clients'),
    };
  }

  #look(): void {
    this.#requests.forgetAbandoned();
    this.#unread.look(this.#requests.responses, this.#settings.unreadMs());
  }
}

function tooMany(kind: 'connections' | 'requests', count: number): string {
  return `limit of -max-${kind} reached: ${count} ${kind} refused in the last second`;
}

function noDescriptors(limit: number, clients: number, endpoints: number): string {
  const refused = `${clients} connections of clients and ${endpoints} to endpoints refused in the last second`;
  const shown = limit > 0 ? ` (limit ${limit})` : '';
  return `file descriptors are used up${shown}: ${refused}; raise the limit with ulimit -n or LimitNOFILE`;
}
