/** A worker that lived for so long was well. */
const goodLifeMs = 10_000;

/** The second worker in a row that does not live long is waited for; the wait doubles up to the longest. */
const firstDelayMs = 100;
const maxDelayMs = 10_000;

/** After so many in a row that were never ready, there is little hope for the next one. */
const maxFailedStarts = 5;

/** One life of a worker. */
export interface Life {
  readonly wasReady: boolean;
  readonly lastedMs: number;
}

/** Says when the next worker starts in the place of one that has ended, and whether it is worth trying. */
export class Restarts {
  #shortLives = 0;
  #failedStarts = 0;

  /** A worker has ended. @returns milliseconds until the next one may start. */
  ended({ wasReady, lastedMs }: Life): number {
    this.#failedStarts = wasReady ? 0 : this.#failedStarts + 1;
    this.#shortLives = lastedMs < goodLifeMs ? this.#shortLives + 1 : 0;
    if (this.#shortLives <= 1) return 0;
    return Math.min(firstDelayMs * 2 ** (this.#shortLives - 2), maxDelayMs);
  }

  get isHopeless(): boolean {
    return this.#failedStarts >= maxFailedStarts;
  }
}
