import type { AddressInfo } from 'node:net';
import { Server as TlsServer } from 'node:tls';
import { isDeepStrictEqual } from 'node:util';
import { type Configuration, createProxy } from '../config/configuration.ts';
import type { ListenAddress } from '../flags/kinds/address.ts';
import type { Log } from '../log/log.ts';
import { requestLog } from '../log/request-log.ts';
import { loadMetrics } from '../metrics/load-metrics.ts';
import { ownMetric } from '../metrics/own-metrics.ts';
import { type ClientServer, createClientServer } from './client-server.ts';
import { Connections } from './connections.ts';
import { listenOn } from './listen.ts';
import { LiveProxy } from './live-proxy.ts';
import type { Service } from './service.ts';

/** What a service from this process alone takes. */
export interface LocalSettings {
  /** The options, the certificate and the flags. */
  readonly configuration: Configuration;
  /** Where to listen. */
  readonly address: ListenAddress;
  /** Gets a line for each request. */
  readonly log: Log;
  /** The number of the worker that this process is, if it is one. */
  readonly worker?: number;
}

/**
 * Begins to serve from this process.
 * @throws CommandError with exit code 1 when the address cannot be had.
 */
export async function startLocally({ configuration, address, log, worker }: LocalSettings): Promise<LocalService> {
  const live = new LiveProxy(await createProxy(configuration), worker);
  const counted = configuration.values.admin ? await countedOf(live, worker) : undefined;
  const server = createClientServer(configuration, live.serve);
  const service = new LocalService({ live, server, log, configuration, counted });
  await listenOn(server, address);
  server.on('error', (error) => log('error', `server: ${error.message}`));
  return service;
}

/** Counts what the proxy does from now on, and measures this process. @returns undefined without prom-client. */
async function countedOf(live: LiveProxy, worker = 0): Promise<Counted | undefined> {
  const metrics = await loadMetrics();
  if (metrics.problem !== undefined) return undefined;
  metrics.observe(live);
  const ofProcess = metrics.processMetrics(worker);
  return async () => [...((await metrics.registry.getMetricsAsJSON()) as readonly object[]), ...(await ofProcess())];
}

/** Reads what was counted. */
type Counted = () => Promise<readonly object[]>;

interface Parts extends Pick<LocalSettings, 'configuration' | 'log'> {
  readonly live: LiveProxy;
  readonly server: ClientServer;
  readonly counted: Counted | undefined;
}

/** A service from this process alone; its life ends with {@link LocalService.finish}. */
export class LocalService implements Service {
  readonly source: LiveProxy;
  readonly restarts = { ended: 0, hung: 0 };
  readonly ready = Promise.resolve();
  readonly failed = new Promise<never>(() => {});
  readonly #server: ClientServer;
  readonly #connections: Connections;
  readonly #counted: Counted | undefined;
  #configuration: Configuration;

  constructor({ live, server, log, configuration, counted }: Parts) {
    this.source = live;
    this.#counted = counted;
    this.#server = server;
    this.#connections = new Connections(server);
    this.#configuration = configuration;
    server.on('upgrade', (req, socket, head) => {
      this.#connections.release(req.socket);
      live.upgrade(req, socket, head);
    });
    live.subscribe(requestLog(log, () => this.#configuration));
  }

  get bound(): AddressInfo {
    return this.#server.address() as AddressInfo;
  }

  get isReady(): boolean {
    return this.#server.listening;
  }

  get processes(): number {
    return Number(this.isReady);
  }

  async refresh(): Promise<void> {}

  readonly metrics = async (): Promise<readonly object[]> => {
    if (!this.#counted) return [];
    return [[...(await this.#counted()), ownMetric('client_connections', this.#connections.open)]];
  };

  async reload(configuration: Configuration): Promise<void> {
    const { certificate, options } = configuration;
    // A proxy knows its endpoints and has connections to them: where nothing changes, as for logrotate, it stays.
    const isSame = isDeepStrictEqual(options, this.#configuration.options);
    const proxy = isSame ? undefined : await createProxy(configuration);
    if (
      certificate &&
      this.#server instanceof TlsServer &&
      !isDeepStrictEqual(certificate, this.#configuration.certificate)
    )
      this.#server.setSecureContext(certificate);
    if (proxy) this.source.replace(proxy);
    this.#configuration = configuration;
  }

  leave(): void {
    this.#connections.leave();
  }

  async refuse(): Promise<void> {
    this.#connections.refuse();
  }

  async finish(): Promise<boolean> {
    await this.#connections.finish(this.#configuration.values['shutdown-timeout']);
    await this.source.close();
    return true;
  }
}
