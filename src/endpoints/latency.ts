import { createHistogram, type RecordableHistogram } from 'node:perf_hooks';
import type { LatencySummary } from './snapshot.ts';

/** Milliseconds after which the older half of the samples is forgotten, if the younger half is enough to go by. */
const periodMs = 30_000;

/** The fewest samples for a percentile; with fewer ones it is a guess. */
const fewestSamples = 20;

/** Milliseconds after which samples are too old to go by, even if nothing newer has come. */
const maxPeriodMs = 24 * 3_600_000;

/** The histograms' range in microseconds, up to an hour, with an error of 1 %. */
const range = { lowest: 1, highest: 3_600_000_000, figures: 2 };

/**
 * How long usable responses took, over the last 30 to 60 s or, when these were few, the last 20 to 40 responses. Both
 * histograms take every sample. Each period the older one starts anew, so that the one that is read always holds between one
 * and two periods. A period ends by time and count, because a quiet service would never have 20 samples if it ended by time
 * alone.
 */
export class LatencyWindow {
  #older: RecordableHistogram | undefined;
  #younger: RecordableHistogram | undefined;
  #periodStartedAt = performance.now();
  readonly #known = new Map<number, { readonly ms: number; readonly count: number }>();

  /** Counts a usable response. */
  record(ms: number): void {
    this.#rotate();
    this.#older ??= createHistogram(range);
    this.#younger ??= createHistogram(range);
    const microseconds = Math.min(Math.max(1, Math.round(ms * 1_000)), range.highest);
    this.#older.record(microseconds);
    this.#younger.record(microseconds);
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
    const count = this.#older?.count ?? 0;
    if (!this.#older || count < fewestSamples) return undefined;
    const known = this.#known.get(percentile);
    // A percentile moves little with one sample more, and takes longer to work out than all the rest of a request.
    if (known && count < known.count * 1.02 + 1) return known.ms;
    const ms = this.#older.percentile(percentile) / 1_000;
    this.#known.set(percentile, { ms, count });
    return ms;
  }

  /** The percentiles for people; undefined while there are fewer than 20 samples. */
  summary(): LatencySummary | undefined {
    const [p50, p95, p99] = [50, 95, 99].map((percentile) => this.percentileMs(percentile));
    return p50 === undefined || p95 === undefined || p99 === undefined ? undefined : { p50, p95, p99 };
  }

  #rotate(): void {
    const now = performance.now();
    const passed = now - this.#periodStartedAt;
    if (passed < periodMs) return;
    if (passed >= maxPeriodMs) this.#forget();
    else if ((this.#younger?.count ?? 0) < fewestSamples) return;
    // Periods stay in step with the first one: counted from now, a sample before a pause would be remembered for up to 90 s.
    this.#periodStartedAt = now - (passed % periodMs);
    this.#known.clear();
    const emptied = this.#older;
    emptied?.reset();
    this.#older = this.#younger;
    this.#younger = emptied;
  }

  #forget(): void {
    this.#older?.reset();
    this.#younger?.reset();
  }
}
