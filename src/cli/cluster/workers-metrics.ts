import { maxEndpoints, others } from '../../observers/metrics/endpoint-labels.ts';
import { type Metric, processLabel, type Sample } from '../metrics/metric.ts';
import type { WorkerHandle } from './worker-handle.ts';

/** Milliseconds that Prometheus waits for a worker that does not answer; the worker's last counts stand in for it then. */
const patienceMs = 2_000;

/** The counts of all workers, those that are no more included. */
export class WorkersMetrics {
  /** The last answer of each worker, by its number. */
  readonly #last = new Map<number, readonly object[]>();
  readonly #past = new PastMetrics();
  readonly #isDnsFailing: (dns: string) => boolean;

  /** @param isDnsFailing tells whether DNS fails for a name: a worker with nothing to do would say so for ever. */
  constructor(isDnsFailing: (dns: string) => boolean) {
    this.#isDnsFailing = isDnsFailing;
  }

  /** Gives the counts of each process. */
  async read(workers: Iterable<WorkerHandle>): Promise<readonly object[]> {
    const ask = async (worker: WorkerHandle): Promise<void> => {
      const metrics = await worker.askInTime('metrics', undefined, patienceMs);
      if (metrics) this.#take(worker, metrics);
    };
    await Promise.all([...workers].map(ask));
    this.#forgetGone();
    const current = [...this.#last.values()].flat() as ReadonlyArray<readonly Metric[]>;
    return [...current.map((metrics) => metrics.map((one) => this.#upToDate(one))), ...this.#past.snapshots];
  }

  /** Keeps the counts of a worker that is no more. @param last its last words, if it had any. */
  bury({ number }: WorkerHandle, last: readonly object[] | undefined): void {
    if (last) this.#take({ number }, last);
    this.#past.add(this.#last.get(number) ?? []);
    this.#last.delete(number);
    this.#forgetGone();
  }

  #upToDate(metric: Metric): Metric {
    if (metric.name !== 'balancing_proxy_dns_failing') return metric;
    const isOld = ({ labels: { dns } }: Sample) => !this.#isDnsFailing(String(dns));
    return { ...metric, values: metric.values.map((one) => (isOld(one) ? { ...one, value: 0 } : one)) };
  }

  #forgetGone(): void {
    this.#past.makeRoomFor(endpointsIn([...this.#last.values()].flat()));
  }

  /** Takes the counts of a worker. Those of endpoints for which it has no series any more are kept, as long as another worker has one. */
  #take({ number }: Pick<WorkerHandle, 'number'>, metrics: readonly object[]): void {
    const before = this.#last.get(number) ?? [];
    const left = endpointsIn(metrics);
    const givenUp = new Set([...endpointsIn(before)].filter((name) => !left.has(name)));
    if (givenUp.size > 0) this.#past.add(before, (sample) => isOfOne(givenUp, sample));
    this.#last.set(number, metrics);
  }
}

/** The types of metrics that only count up. A gauge is of this moment: that of a process that is gone counts no more. */
const countingTypes: ReadonlySet<string> = new Set(['counter', 'histogram']);

/**
 * The counts of processes that are no more. Without these the sum of all would go down when a worker ends, which Prometheus
 * takes for a restart, and so for many more requests than there were. A series of one process alone ends with it.
 */
export class PastMetrics {
  readonly #metrics = new Map<string, Metric>();
  /** The endpoints that have series here, the one that was added last at the end. */
  readonly #endpoints = new Set<string>();

  /**
   * Adds the last counts of a process.
   * @param snapshots the result of `getMetricsAsJSON()` there, once or not at all.
   * @param isWanted leaves out what is not to be added. @default all is added
   */
  add(snapshots: readonly object[], isWanted: (sample: Sample) => boolean = () => true): void {
    for (const metric of countersIn(snapshots)) {
      const counted = metric.values.filter((one) => one.labels[processLabel] === undefined && isWanted(one));
      if (counted.length === 0) continue;
      const { values = [] } = this.#metrics.get(metric.name) ?? {};
      this.#metrics.set(metric.name, { ...metric, values: sum([...values, ...counted]) });
      for (const name of endpointsOf(counted)) {
        this.#endpoints.delete(name);
        this.#endpoints.add(name);
      }
    }
  }

  /**
   * Forgets endpoints, those that were added longest ago first, when there are more than have series of their own.
   * @param current the endpoints of which processes tell now, which are kept.
   */
  makeRoomFor(current: ReadonlySet<string>): void {
    const gone = [...this.#endpoints].filter((name) => name !== others && !current.has(name));
    const size = gone.length + current.size - Number(current.has(others));
    const forgotten = new Set(gone.slice(0, Math.max(0, size - maxEndpoints)));
    if (forgotten.size === 0) return;
    for (const name of forgotten) this.#endpoints.delete(name);
    for (const [name, metric] of this.#metrics) {
      const values = metric.values.filter((one) => !isOfOne(forgotten, one));
      this.#metrics.set(name, { ...metric, values });
    }
  }

  /** All counts, in the form of one more process. */
  get snapshots(): readonly object[] {
    return this.#metrics.size === 0 ? [] : [[...this.#metrics.values()]];
  }
}

/** The metrics that count up. */
function countersIn(snapshots: readonly object[]): readonly Metric[] {
  return (snapshots.flat() as readonly Metric[]).filter(({ type }) => countingTypes.has(type));
}

/** The labels of endpoints, the one that many share included. */
function endpointsIn(snapshots: readonly object[]): ReadonlySet<string> {
  return endpointsOf(countersIn(snapshots).flatMap(({ values }) => values));
}

function endpointsOf(samples: readonly Sample[]): ReadonlySet<string> {
  return new Set(samples.map(endpointOf).filter((name) => name !== undefined));
}

function isOfOne(endpoints: ReadonlySet<string>, sample: Sample): boolean {
  const endpoint = endpointOf(sample);
  return endpoint !== undefined && endpoints.has(endpoint);
}

function endpointOf({ labels: { endpoint } }: Sample): string | undefined {
  return endpoint === undefined ? undefined : String(endpoint);
}

/** Adds up the values of each series. */
function sum(values: readonly Sample[]): readonly Sample[] {
  const bySeries = Map.groupBy(values, ({ metricName, labels }) =>
    JSON.stringify([metricName, Object.entries(labels).sort()]),
  );
  return [...bySeries.values()].map((same) => ({
    ...(same[0] as Sample),
    value: same.reduce((total, { value }) => total + value, 0),
  }));
}
