import { RecentHalves } from '../../support/recent-halves.ts';

/** Attempts, and how many of them have failed. */
class Tally {
  count = 0;
  failures = 0;

  reset(): void {
    this.count = 0;
    this.failures = 0;
  }
}

/** Which share of an endpoint's recent attempts is too much to have failed. */
export interface FailureRules {
  /** The share, above 0 and up to 1; Infinity is never too much. */
  readonly failureRatio: number;
  /** The fewest attempts to go by. */
  readonly minRequests: number;
}

/** How many of an endpoint's attempts have failed, over the window of its latencies: 30 to 60 s, or longer while they are few. */
export class FailureWindow {
  readonly #failureRatio: number;
  readonly #recent: RecentHalves<Tally>;

  constructor({ failureRatio, minRequests }: FailureRules) {
    this.#failureRatio = failureRatio;
    this.#recent = new RecentHalves(minRequests, () => new Tally());
  }

  /** Counts an attempt. */
  count(hasFailed: boolean): void {
    this.#recent.rotate();
    for (const tally of this.#recent.both) {
      tally.count++;
      if (hasFailed) tally.failures++;
    }
  }

  /** Whether so many attempts have failed that the endpoint should be left out; false while there are too few to go by. */
  get isTooMuch(): boolean {
    this.#recent.rotate();
    const { older } = this.#recent;
    return older !== undefined && older.failures / older.count >= this.#failureRatio;
  }

  /** Counts anew. */
  reset(): void {
    this.#recent.reset();
  }
}
