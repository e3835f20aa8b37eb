import type { AddressInfo } from 'node:net';
import { Server as TlsServer } from 'node:tls';
import { isDeepStrictEqual } from 'node:util';
import { type Configuration, createProxy } from '../config/configuration.ts';
import type { ListenAddress } from '../flags/kinds/address.ts';
import type { Log } from '../log/log.ts';
import { requestLog } from '../log/request-log.ts';
import { type ClientServer, createClientServer } from './client-server.ts';
import { Connections } from './connections.ts';
import { listenOn } from './listen.ts';
import { LiveProxy } from './live-proxy.ts';
import { loadMetrics } from './metrics.ts';
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
  const metrics = configuration.values.admin ? await countedOf(live) : async () => [];
  const server = createClientServer(configuration, live.serve);
  const service = new LocalService({ live, server, log, configuration, metrics });
  await listenOn(server, address);
  server.on('error', (error) => log('error', `server: ${error.message}`));
  return service;
}

/** Counts what the proxy does from now on. */
async function countedOf(live: LiveProxy): Promise<Service['metrics']> {
  const metrics = await loadMetrics();
  if (metrics.problem !== undefined) return async () => [];
  metrics.observe(live);
  return async () => [await metrics.registry.getMetricsAsJSON()];
}

interface Parts extends Pick<LocalSettings, 'configuration' | 'log'> {
  readonly live: LiveProxy;
  readonly server: ClientServer;
  readonly metrics: Service['metrics'];
}

/** A service from this process alone; its life ends with {@link LocalService.finish}. */
export class LocalService implements Service {
  readonly source: LiveProxy;
  readonly metrics: Service['metrics'];
  readonly ready = Promise.resolve();
  readonly failed = new Promise<never>(() => {});
  readonly #server: ClientServer;
  readonly #connections: Connections;
  #configuration: Configuration;

  constructor({ live, server, log, configuration, metrics }: Parts) {
    this.source = live;
    this.metrics = metrics;
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

  async refresh(): Promise<void> {}

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
