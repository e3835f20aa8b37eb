/** Milliseconds for which a learned limit is believed. */
const learnedMs = 600_000;

/**
 * Learns how many streams a connection to an endpoint may have in all, which no endpoint says: nginx closes a connection after 1,000
 * requests by default (`keepalive_requests`), and looks at none that came too late. When connections were closed twice at the same
 * number, the next ones take no more.
 */
export class StreamLimit {
  #lastSeen: number | undefined;
  #learned = Infinity;
  #untilMs = 0;

  /** The streams that a connection may have; Infinity when nothing is known. */
  get streams(): number {
    return performance.now() < this.#untilMs ? this.#learned : Infinity;
  }

  /** Notes after how many streams the endpoint closed a connection although more had come. */
  closedAfter(seen: number): void {
    if (seen > 0 && seen === this.#lastSeen) {
      this.#learned = seen;
      this.#untilMs = performance.now() + learnedMs;
    }
    this.#lastSeen = seen;
  }
}
