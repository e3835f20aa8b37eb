import { PastMetrics } from './past-metrics.ts';
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
