import { fewestSamples, type LatencySummary } from '../../../endpoints/state/snapshot.ts';
import { RecentHalves } from '../../../support/recent-halves.ts';
import { LatencyHistogram, type StepCount } from './latency-histogram.ts';

/** How long clients waited for usable responses, over the same time as the latencies of endpoints. */
export class ClientLatency {
  readonly #recent = new RecentHalves<LatencyHistogram>(fewestSamples, () => new LatencyHistogram());

  /** The number of responses. */
  get count(): number {
    this.#recent.rotate();
    return this.#recent.count;
  }

  /** The responses as another one can {@link add} them. */
  get counts(): readonly StepCount[] {
    this.#recent.rotate();
    return this.#recent.both[0].counts;
  }

  /** The percentiles; undefined while there are fewer than 20 responses. */
  get summary(): LatencySummary | undefined {
    this.#recent.rotate();
    const { older } = this.#recent;
    return older && { p50: older.quantileMs(0.5), p95: older.quantileMs(0.95), p99: older.quantileMs(0.99) };
  }

  /** Counts a response. */
  record(ms: number): void {
    this.#recent.rotate();
    for (const half of this.#recent.both) half.record(ms);
  }

  /** Adds the responses of another one. */
  add(counts: readonly StepCount[]): void {
    this.#recent.rotate();
    for (const half of this.#recent.both) half.add(counts);
  }
}
