import type { ConnectionLimits } from './connection-limits.ts';

/** How much a connection has been used, and whether another one should take over. */
export class ConnectionWear {
  readonly #limits: ConnectionLimits;
  readonly #bornAtMs = performance.now();
  #streams = 0;
  #resets = 0;

  /** @param limits say how much use is too much. */
  constructor(limits: ConnectionLimits) {
    this.#limits = limits;
  }

  /** The number of streams that were opened so far. */
  get streams(): number {
    return this.#streams;
  }

  /** Whether another connection should take over. */
  get isWorn(): boolean {
    const { allStreams, maxAgeMs } = this.#limits;
    return this.#exceeds(1) || this.#streams >= 0.9 * allStreams || performance.now() - this.#bornAtMs > maxAgeMs;
  }

  /** Whether the connection takes no more streams: a worn one goes on until there is another one, but not for ever. */
  get isWornOut(): boolean {
    return this.#streams >= this.#limits.allStreams || this.#exceeds(2);
  }

  /** Counts a stream that was opened. */
  countStream(): void {
    this.#streams++;
  }

  /** Counts a stream that we have reset. */
  countReset(): void {
    this.#resets++;
  }

  #exceeds(factor: number): boolean {
    const { maxStreams, maxResets } = this.#limits;
    return this.#streams >= factor * maxStreams || this.#resets >= factor * maxResets;
  }
}
