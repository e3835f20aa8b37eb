import { createHistogram, type RecordableHistogram } from 'node:perf_hooks';
import { RecentHalves } from '../../support/recent-halves.ts';
import { fewestSamples, type LatencySummary } from './snapshot.ts';

/** The histograms' range in microseconds, up to an hour, with an error of 1 %. */
const range = { lowest: 1, highest: 3_600_000_000, figures: 2 };

/** How long usable responses took, over the last 30 to 60 s or, when these were few, the last 20 to 40 responses. */
export class LatencyWindow {
  readonly #recent = new RecentHalves<RecordableHistogram>(fewestSamples, () => createHistogram(range));
  readonly #known = new Map<number, { readonly ms: number; readonly count: number }>();

  /** The number of samples. */
  get count(): number {
    this.#rotate();
    return this.#recent.count;
  }

  /** Counts a usable response. */
  record(ms: number): void {
    this.#rotate();
    const microseconds = Math.min(Math.max(1, Math.round(ms * 1_000)), range.highest);
    for (const half of this.#recent.both) half.record(microseconds);
  }

  /**
   * Counts a loser that was cancelled after `ms`, and would have taken longer. Hedging cancels slow responses, without which the
   * percentile would sink, so that a loser counts that took longer than the hedge delay. One that took less would make the
   * percentile sink itself, and does not count.
   */
  recordAtLeast(ms: number, hedgeDelayMs: number): void {
    if (ms >= hedgeDelayMs) this.record(ms);
  }

  /** The percentile in milliseconds, or undefined while there are fewer than 20 samples. */
  percentileMs(percentile: number): number | undefined {
    this.#rotate();
    const { older } = this.#recent;
    if (!older) return undefined;
    const { count } = older;
    const known = this.#known.get(percentile);
    // A percentile moves little with one sample more, and takes longer to work out than all the rest of a request.
    if (known && count < known.count * 1.02 + 1) return known.ms;
    const ms = older.percentile(percentile) / 1_000;
    this.#known.set(percentile, { ms, count });
    return ms;
  }

  /**
   * The milliseconds that this share of the responses, from 0 to 1, exceeds, or undefined while there are fewer than 20 samples. Where the
   * samples are too few for so small a share, the slowest of them says too little, and their tail is taken to go on as it does in Pareto's
   * law: half the share takes twice the time.
   */
  tailMs(ratio: number): number | undefined {
    const ms = this.percentileMs(100 * (1 - ratio));
    const count = this.#recent.older?.count ?? 0;
    return ms === undefined ? undefined : ms * Math.max(1, 1 / (ratio * count));
  }

  /** The percentiles for people; undefined while there are fewer than 20 samples. */
  summary(): LatencySummary | undefined {
    const [p50, p95, p99] = [50, 95, 99].map((percentile) => this.percentileMs(percentile));
    return p50 === undefined || p95 === undefined || p99 === undefined ? undefined : { p50, p95, p99 };
  }

  #rotate(): void {
    if (this.#recent.rotate()) this.#known.clear();
  }
}
