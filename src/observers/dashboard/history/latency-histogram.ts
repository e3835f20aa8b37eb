/** Steps of a histogram from one duration to e times as much: each is 2 % longer than the one before. */
const stepsPerE = 50;

/** The longest duration that is told from longer ones, an hour in microseconds. */
const longestUs = 3_600_000_000;

/** A step of a histogram, with the number of durations in it. */
export type StepCount = readonly [step: number, count: number];

/**
 * Counts durations, in steps that are 2 % apart from a microsecond to an hour. Unlike that of `node:perf_hooks` it can be sent to another
 * process, and be added to another one there, so that percentiles of both together are as exact as those of one.
 */
export class LatencyHistogram {
  readonly #counts = new Uint32Array(stepOf(longestUs) + 1);
  #count = 0;

  /** The number of durations. */
  get count(): number {
    return this.#count;
  }

  /** Counts a duration. */
  record(ms: number): void {
    this.add([[stepOf(ms * 1_000), 1]]);
  }

  /** Adds the counts of another histogram. */
  add(counts: readonly StepCount[]): void {
    for (const [step, count] of counts) {
      this.#counts[step] = (this.#counts[step] ?? 0) + count;
      this.#count += count;
    }
  }

  /** The steps in which there is something, shortest first. */
  get counts(): readonly StepCount[] {
    return Array.from(this.#counts, (count, step): StepCount => [step, count]).filter(([, count]) => count > 0);
  }

  /** The milliseconds that this share of the durations, from 0 to 1, does not exceed, by 1 % at most; 0 without any. */
  quantileMs(share: number): number {
    let rest = Math.max(1, Math.ceil(share * this.#count));
    const step = this.#counts.findIndex((count) => {
      rest -= count;
      return rest <= 0;
    });
    return step < 0 ? 0 : Math.exp(step / stepsPerE) / 1_000;
  }

  /** Forgets all durations. */
  reset(): void {
    this.#counts.fill(0);
    this.#count = 0;
  }
}

function stepOf(us: number): number {
  return Math.round(Math.log(Math.min(Math.max(1, us), longestUs)) * stepsPerE);
}
