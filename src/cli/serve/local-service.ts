import { Server as TlsServer } from 'node:tls';
import { isDeepStrictEqual } from 'node:util';
import type { DnsSnapshot } from '../../index.ts';
import { type Configuration, createProxy } from '../config/configuration.ts';
import type { BoundAddress, ListenAddress } from '../flags/kinds/address.ts';
import { DnsLog } from '../log/dns-log.ts';
import type { Log } from '../log/log.ts';
import { eventsTold, requestLog } from '../log/request-log.ts';
import { loadMetrics } from '../metrics/load-metrics.ts';
import { clientMetrics } from './client-metrics.ts';
import { type ClientServer, createClientServer } from './client-server.ts';
import { Connections } from './connections.ts';
import { discoverShortly } from './discover.ts';
import { ClientLimits } from './limits/client-limits.ts';
import { boundAddressOf, listenOn } from './listen.ts';
import { LiveProxy } from './live-proxy.ts';
import type { Service } from './service.ts';

/** What a service from this process alone takes. */
export interface LocalSettings {
  /** The options, the certificate and the flags. */
  readonly configuration: Configuration;
  /** Where to listen. */
  readonly address: ListenAddress;
  /** Is told when a server has begun to listen there. */
  readonly onListening?: () => void;
  /** Gets a line for each request. */
  readonly log: Log;
  /** The number of the worker that this process is, if it is one. */
  readonly worker?: number;
  /** What others have learned of DNS before: it counts for as long as there is no better answer. */
  readonly names?: readonly DnsSnapshot[];
  /** The endpoints that are drained, whether or not they are there yet. */
  readonly drained?: readonly string[];
  /** Is told of all names when DNS gives other addresses for one, or fails, or answers again. @default a line of the log per change */
  readonly onNames?: ((names: readonly DnsSnapshot[]) => void) | undefined;
}

/**
 * Begins to serve from this process.
 * @throws CommandError with exit code 1 when the address cannot be had.
 */
export async function startLocally(settings: LocalSettings): Promise<LocalService> {
  const {
    configuration,
    address,
    onListening,
    log,
    worker,
    names = [],
    drained = [],
    onNames = logOfDns(log),
  } = settings;
  const live = new LiveProxy(await createProxy(configuration), worker);
  const counted = configuration.values.admin ? await countedOf(live, worker) : undefined;
  const unreadMs = (): number => service.unreadMs;
  const limits = new ClientLimits({ values: configuration.values, log, unreadMs });
  const server = createClientServer(configuration, limits.admitting(live.serve));
  const service = new LocalService({ live, server, limits, log, configuration, counted, onNames });
  for (const endpoint of drained) live.drainWhenever(endpoint);
  await discoverShortly(live, names);
  await listenOn(server, address);
  onListening?.();
  server.on('error', (error) => log('error', `server: ${error.message}`));
  return service;
}

function logOfDns(log: Log): (names: readonly DnsSnapshot[]) => void {
  const dnsLog = new DnsLog(log);
  return (names) => dnsLog.tell(names);
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
  readonly limits: ClientLimits;
  readonly counted: Counted | undefined;
  onNames(names: readonly DnsSnapshot[]): void;
}

/** A service from this process alone; its life ends with {@link LocalService.finish}. */
export class LocalService implements Service {
  readonly source: LiveProxy;
  readonly restarts = { ended: 0, hung: 0 };
  readonly ready = Promise.resolve();
  readonly failed = new Promise<never>(() => {});
  /** How much clients may take, what they were refused, and how many are connected. */
  readonly limits: ClientLimits;
  readonly #server: ClientServer;
  readonly #connections: Connections;
  readonly #counted: Counted | undefined;
  readonly #onNames: Parts['onNames'];
  #configuration: Configuration;

  constructor({ live, server, limits, log, configuration, counted, onNames }: Parts) {
    this.source = live;
    this.#counted = counted;
    this.#server = server;
    this.#connections = new Connections(server);
    this.#onNames = onNames;
    this.#configuration = configuration;
    this.limits = limits;
    limits.guard(server);
    server.on('upgrade', (req, socket, head) => {
      this.#connections.release(req.socket);
      if (limits.admitUpgrade(socket)) live.upgrade(req, socket, head);
    });
    const level = configuration.values['log-level'];
    live.subscribe(
      requestLog(log, () => this.#configuration, level),
      eventsTold(level),
    );
    live.subscribe(() => this.#onDns(), ['endpoints-changed', 'dns-failed', 'dns-restored']);
  }

  /** Milliseconds for which a client may leave a response unread, or Infinity. */
  get unreadMs(): number {
    return this.#configuration.options.timeouts?.clientMs ?? Infinity;
  }

  get bound(): BoundAddress {
    return boundAddressOf(this.#server);
  }

  get isReady(): boolean {
    return this.#server.listening;
  }

  get processes(): number {
    return Number(this.isReady);
  }

  get isAnswering(): boolean {
    // Whoever asks does so by the same event loop.
    return true;
  }

  async refresh(): Promise<void> {}

  readonly metrics = async (): Promise<readonly object[]> => {
    if (!this.#counted) return [];
    return [[...(await this.#counted()), ...clientMetrics({ connections: this.#connections, limits: this.limits })]];
  };

  async reload(configuration: Configuration): Promise<void> {
    const { certificate, options } = configuration;
    // A proxy knows its endpoints and has connections to them: where nothing changes, as for logrotate, it stays.
    const isSame = isDeepStrictEqual(options, this.#configuration.options);
    const proxy = isSame ? undefined : await createProxy(configuration);
    if (proxy) await discoverShortly(proxy, this.source.names);
    if (
      certificate &&
      this.#server instanceof TlsServer &&
      !isDeepStrictEqual(certificate, this.#configuration.certificate)
    )
      this.#server.setSecureContext(certificate);
    if (proxy) this.source.replace(proxy);
    this.#configuration = configuration;
    if (proxy) this.#onDns();
  }

  /** DNS gives other endpoints, or fails, or answers again. */
  #onDns(): void {
    this.source.onDns();
    this.#onNames(this.source.names);
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
