import '../../support/refuse-old-node.ts';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { inspect } from 'node:util';
import { AggregatorRegistry, register } from 'prom-client';
import { endpointStates } from '../../endpoints/state/snapshot.ts';
import type { ObservedProxy } from '../../events/observed-proxy.ts';
import { parseOrThrow } from '../../support/parser/problems.ts';
import { checkPeer } from '../../support/peer.ts';
import { createInstruments, type GaugeReaders, type Instruments, type MetricsRegistry } from './instruments.ts';
import { Observations } from './observations.ts';
import { type MetricsOptions, parseMetricsOptions, refuseOption } from './options.ts';
import { Recorder } from './recorder.ts';

export type { ObservedProxy } from '../../events/observed-proxy.ts';
export type { MetricsRegistry } from './instruments.ts';
export type { MetricsOptions } from './options.ts';

/** The metrics of any number of proxies. */
export interface Metrics {
  /** The registry that has the metrics. */
  readonly registry: MetricsRegistry;
  /**
   * Counts what happens at a proxy from now on. Several proxies that are observed add up.
   * @returns the function that ends the observation. Counts stay.
   */
  observe(proxy: ObservedProxy): () => void;
  /** Answers Prometheus with all that is in the registry; with 500 and a reason when that cannot be collected. */
  handler(req: IncomingMessage, res: ServerResponse): void;
}

/** prom-client's own bounds, with more below 5 ms for fast endpoints, and 30 s for `timeouts.responseMs`. */
const defaultBuckets = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];

/** The metrics of each registry, as prom-client takes a name once per registry. */
const registered = new WeakMap<MetricsRegistry, ProxyMetrics>();

/**
 * Makes Prometheus metrics by prom-client. For a registry that has the metrics already, gives those.
 * @throws BalancingProxyError `ERR_BRP_OPTIONS` that lists all that is wrong with the options, or that names buckets which differ from
 * those of the registry; `ERR_BRP_PEER` when prom-client is too old.
 */
export function createMetrics(options: MetricsOptions = {}): Metrics {
  checkPeer({ name: 'prom-client', user: 'createMetrics()', oldest: '14.0.0', part: ['register', register] });
  const { registry = register, buckets } = parseOrThrow(parseMetricsOptions, options);
  const known = registered.get(registry);
  if (known?.isRegistered) return parseOrThrow(() => known.withBuckets(buckets), options);
  const metrics = new ProxyMetrics(registry, buckets ?? defaultBuckets);
  registered.set(registry, metrics);
  return metrics;
}

/**
 * Merges the metrics of several processes, as text for Prometheus of the content type `text/plain; version=0.0.4; charset=utf-8`. All
 * values add up, gauges too, but for `balancing_proxy_endpoint_tier` and `balancing_proxy_dns_failing`, of which the highest value counts: the last
 * tier, and that DNS fails for one of the processes.
 * @param snapshots the result of `registry.getMetricsAsJSON()` of each process; it may have gone through JSON.
 */
export async function mergeMetrics(snapshots: readonly object[]): Promise<string> {
  return AggregatorRegistry.aggregate([...snapshots]).metrics();
}

/** The metrics of one registry. */
class ProxyMetrics implements Metrics {
  /** The registry that has them. */
  readonly registry: MetricsRegistry;
  readonly #buckets: readonly number[];
  readonly #observations = new Observations();
  readonly #instruments: Instruments;
  readonly #recorder: Recorder;

  constructor(registry: MetricsRegistry, buckets: readonly number[]) {
    this.registry = registry;
    this.#buckets = buckets;
    this.#instruments = createInstruments({ registry, buckets, readers: this.#gaugeReaders() });
    this.#recorder = new Recorder(this.#instruments);
  }

  /** Whether the registry still has these metrics: false when it was cleared. */
  get isRegistered(): boolean {
    return this.registry.getSingleMetric('balancing_proxy_requests_total') === this.#instruments.requests;
  }

  /** These metrics, if they have these buckets. @throws InvalidOptions when they have others. */
  withBuckets(buckets: readonly number[] = this.#buckets): this {
    if (String(buckets) === String(this.#buckets)) return this;
    return refuseOption(
      'buckets',
      `those that the registry's metrics have already, ${inspect(this.#buckets)}`,
      buckets,
    );
  }

  /** Begins to count what happens at a proxy. Users may pass this function, and the one below, on without the object. */
  readonly observe = (proxy: ObservedProxy): (() => void) => {
    const isProxy = typeof proxy?.subscribe === 'function' && Array.isArray(proxy.endpoints);
    if (!isProxy) throw new TypeError(`observe: expected what createBalancingProxy() gives, got ${inspect(proxy)}`);
    return this.#observations.begin(proxy, (event) => this.#recorder.record(event));
  };

  /** Answers Prometheus. */
  readonly handler = (_req: IncomingMessage, res: ServerResponse): void => {
    sendMetrics(res, this.registry).catch(() => res.destroy());
  };

  #gaugeReaders(): GaugeReaders {
    const labelOf = (name: string) => this.#recorder.labels.of(name);
    return {
      requestsInFlight: (gauge) => gauge.set(this.#observations.requestsInFlight),
      endpointInFlight: async (gauge) => {
        const { endpoints } = this.#observations;
        const isRoom = this.#recorder.makeRoomFor(endpoints.map(({ name }) => name));
        for (const { name, inFlight } of endpoints) gauge.inc(labelOf(name), inFlight);
        await isRoom;
      },
      endpointTier: (gauge) => {
        for (const { name, tier } of this.#observations.endpoints) gauge.set(labelOf(name), tier);
      },
      endpointState: (gauge) => {
        for (const { name, state } of this.#observations.endpoints) {
          for (const one of endpointStates) gauge.inc({ ...labelOf(name), state: one }, one === state ? 1 : 0);
        }
      },
      dnsFailing: (gauge) => {
        const { names } = this.#observations;
        const failing = new Set(names.filter(({ problem }) => problem !== undefined).map(({ dns }) => dns));
        for (const { dns } of names) gauge.set({ dns }, failing.has(dns) ? 1 : 0);
      },
    };
  }
}

/** Answers with all metrics, or with 500. @throws when the response has begun, or `res` throws. */
async function sendMetrics(res: ServerResponse, registry: MetricsRegistry): Promise<void> {
  try {
    const text = await registry.metrics();
    res.setHeader('Content-Type', registry.contentType).end(text);
  } catch (error) {
    res.statusCode = 500;
    res
      .setHeader('Content-Type', 'text/plain; charset=utf-8')
      .end(`no metrics: ${error instanceof Error ? error.message : inspect(error)}\n`);
  }
}
