import { isDeepStrictEqual } from 'node:util';
import type { DnsSnapshot } from '../../index.ts';
import { type Chronicle, OwnChronicle } from '../../observers/dashboard/chronicle.ts';
import { type Configuration, createProxy } from '../config/configuration.ts';
import type { BoundAddress, ListenAddress } from '../flags/kinds/address.ts';
import { DnsLog } from '../log/dns-log.ts';
import type { Log } from '../log/log.ts';
import type { Known } from '../log/request-lines.ts';
import { eventsTold, requestLog } from '../log/request-log.ts';
import { loadMetrics } from '../metrics/load-metrics.ts';
import { Clients } from './clients/clients.ts';
import { discoverShortly } from './discover.ts';
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
  const { configuration, address, onListening, log, worker, names = [], drained = [] } = settings;
  const live = new LiveProxy(await createProxy(configuration), worker);
  const counted = configuration.values.admin ? await countedOf(live, worker) : undefined;
  const service = new LocalService({ configuration, live, counted, log, onNames: settings.onNames ?? logOfDns(log) });
  for (const endpoint of drained) live.drainWhenever(endpoint);
  await discoverShortly(live, names);
  await service.listen(address);
  onListening?.();
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
  readonly counted: Counted | undefined;
  onNames(names: readonly DnsSnapshot[]): void;
}

/** A service from this process alone; its life ends with {@link LocalService.finish}. */
export class LocalService implements Service {
  readonly source: LiveProxy;
  readonly restarts = { ended: 0, hung: 0 };
  readonly ready = Promise.resolve();
  readonly failed = new Promise<never>(() => {});
  readonly #clients: Clients;
  readonly #counted: Counted | undefined;
  readonly #onNames: Parts['onNames'];
  #configuration: Configuration;
  /** Set once the last requests are being finished. */
  #finished: Promise<void> | undefined;
  #isCutting = false;
  /** Resolves when the last reload so far has ended. */
  #reloading: Promise<void> = Promise.resolve();

  constructor({ configuration, live, counted, log, onNames }: Parts) {
    this.source = live;
    this.#counted = counted;
    this.#onNames = onNames;
    this.#configuration = configuration;
    const unreadMs = () => this.#configuration.options.timeouts?.clientMs ?? Infinity;
    this.#clients = new Clients({ configuration, proxy: live, log, unreadMs });
    const level = configuration.values['log-level'];
    live.subscribe(
      requestLog(log, () => this.#known, level),
      eventsTold(level),
    );
    live.subscribe(() => this.#onDns(), ['endpoints-changed', 'dns-failed', 'dns-restored']);
  }

  /** Lets clients connect. @throws CommandError with exit code 1 when the address cannot be had. */
  listen(address: ListenAddress): Promise<void> {
    return this.#clients.listen(address);
  }

  get bound(): BoundAddress {
    return this.#clients.bound;
  }

  get isReady(): boolean {
    return this.#clients.isListening;
  }

  get processes(): number {
    return Number(this.isReady);
  }

  get isAnswering(): boolean {
    // Whoever asks does so by the same event loop.
    return true;
  }

  chronicle(): Chronicle {
    return new OwnChronicle(this.source);
  }

  async refresh(): Promise<void> {}

  readonly metrics = async (): Promise<readonly object[]> => {
    if (!this.#counted) return [];
    return [[...(await this.#counted()), ...this.#clients.metrics]];
  };

  /** One reload comes after the other: a worker that stood still hears of several at once, and DNS may hold up any of them. */
  reload(configuration: Configuration): Promise<void> {
    const reloaded = this.#reloading.then(() => this.#use(configuration));
    this.#reloading = reloaded.catch(() => {});
    return reloaded;
  }

  async #use(configuration: Configuration): Promise<void> {
    const { certificate, options } = configuration;
    const before = this.#configuration;
    // A proxy knows its endpoints and has connections to them: where nothing changes, as for logrotate, it stays.
    const proxy = isDeepStrictEqual(options, before.options) ? undefined : await createProxy(configuration);
    if (proxy) await discoverShortly(proxy, this.source.names);
    // Another context, even of the same certificate, would end the sessions that clients could resume.
    if (certificate && !isDeepStrictEqual(certificate, before.certificate)) this.#clients.show(certificate);
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
    this.#clients.leave();
  }

  async refuse(): Promise<void> {
    this.#clients.refuse();
  }

  async finish(): Promise<boolean> {
    this.#finished = this.#finish();
    await this.#finished;
    return true;
  }

  async #finish(): Promise<void> {
    await this.#clients.finish(this.#configuration.values['shutdown-timeout']);
    await this.source.close();
  }

  async cut(): Promise<void> {
    this.#isCutting = true;
    this.#clients.cut();
    await (this.#finished ?? this.source.close());
  }

  /** The facts for the lines of the log. */
  get #known(): Known {
    return this.#isCutting ? { ...this.#configuration, isCutting: true } : this.#configuration;
  }
}
