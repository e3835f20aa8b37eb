import { type Metric, processLabel, type Sample } from '../metrics/metric.ts';
import type { WorkerHandle } from './worker-handle.ts';

/** Milliseconds that Prometheus waits for a worker that does not answer; the worker's last counts stand in for it then. */
const patienceMs = 2_000;

/** The counts of all workers, those that are no more included. */
export class WorkersMetrics {
  /** The last answer of each worker, by its number. */
  readonly #last = new Map<number, readonly object[]>();
  readonly #past = new PastMetrics();

  /** Gives the counts of each process. */
  async read(workers: Iterable<WorkerHandle>): Promise<readonly object[]> {
    const ask = async (worker: WorkerHandle): Promise<void> => {
      const metrics = await worker.askInTime('metrics', undefined, patienceMs);
      if (metrics) this.#last.set(worker.number, metrics);
    };
    await Promise.all([...workers].map(ask));
    return [...[...this.#last.values()].flat(), ...this.#past.snapshots];
  }

  /** Keeps the counts of a worker that is no more. @param last its last words, if it had any. */
  bury({ number }: WorkerHandle, last: readonly object[] | undefined): void {
    this.#past.add(last ?? this.#last.get(number) ?? []);
    this.#last.delete(number);
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

  /** Adds the last counts of a process. @param snapshots the result of `getMetricsAsJSON()` there, once or not at all. */
  add(snapshots: readonly object[]): void {
    for (const metric of snapshots.flat() as readonly Metric[]) {
      if (!countingTypes.has(metric.type)) continue;
      const { values = [] } = this.#metrics.get(metric.name) ?? {};
      const counted = metric.values.filter(({ labels }) => labels[processLabel] === undefined);
      this.#metrics.set(metric.name, { ...metric, values: sum([...values, ...counted]) });
    }
  }

  /** All counts, in the form of one more process. */
  get snapshots(): readonly object[] {
    return this.#metrics.size === 0 ? [] : [[...this.#metrics.values()]];
  }
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
