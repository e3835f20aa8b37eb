import { PastMetrics } from './past-metrics.ts';
import type { WorkerHandle } from './worker-handle.ts';

/** How long Prometheus waits for a worker that does not answer; it gets what that worker said the last time. */
const patienceMs = 2_000;

/** What all workers have counted, those that are no more included. */
export class WorkersMetrics {
  /** What each one said last, by its number. */
  readonly #last = new Map<number, readonly object[]>();
  readonly #past = new PastMetrics();

  /** What every process has counted. */
  async read(workers: Iterable<WorkerHandle>): Promise<readonly object[]> {
    const ask = async (worker: WorkerHandle): Promise<void> => {
      const metrics = await worker.askInTime('metrics', undefined, patienceMs);
      if (metrics) this.#last.set(worker.number, metrics);
    };
    await Promise.all([...workers].map(ask));
    return [...[...this.#last.values()].flat(), ...this.#past.snapshots];
  }

  /** Remembers what a worker has counted that is no more. @param last its last words, if it had any. */
  bury({ number }: WorkerHandle, last: readonly object[] | undefined): void {
    this.#past.add(last ?? this.#last.get(number) ?? []);
    this.#last.delete(number);
  }
}
