/** So long what was learned is believed. */
const learnedMs = 600_000;

/**
 * How many streams a connection to an endpoint may have in all. Nobody says so: nginx, which has 1,000 by default
 * (`keepalive_requests`), closes the connection and looks at none of those that came too late. When that happened twice at
 * the same number, connections take no more.
 */
export class StreamLimit {
  #lastSeen: number | undefined;
  #learned = Infinity;
  #untilMs = 0;

  /** Infinity when nothing is known. */
  get streams(): number {
    return performance.now() < this.#untilMs ? this.#learned : Infinity;
  }

  /** A connection was closed although more had come, after so many streams that were looked at. */
  closedAfter(seen: number): void {
    if (seen > 0 && seen === this.#lastSeen) {
      this.#learned = seen;
      this.#untilMs = performance.now() + learnedMs;
    }
    this.#lastSeen = seen;
  }
}
