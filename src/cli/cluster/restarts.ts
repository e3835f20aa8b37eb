import { CommandError } from '../flags/command-error.ts';
import type { WorkerEnd } from './worker-handle.ts';

/** Milliseconds after which a worker that lived so long counts as well. */
const goodLifeMs = 10_000;

/** Milliseconds before the third worker where two in a row did not live long; the time doubles with each up to the other. */
const firstDelayMs = 100;
const maxDelayMs = 10_000;

/** After this many workers in a row that were never ready there is little hope for the next one. */
const maxFailedStarts = 5;

/** The life of a worker. */
interface Life {
  /** Whether the worker has ever served. */
  readonly wasReady: boolean;
  /** Milliseconds from its start to its end. */
  readonly lastedMs: number;
}

/** Decides when the next worker starts in the place of one that has ended, and whether trying is worth it. */
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

  /** Whether too many workers in a row were never ready. */
  get isHopeless(): boolean {
    return this.#failedStarts >= maxFailedStarts;
  }
}

/** The error when trying is not worth it. */
export function hopeless({ how }: Pick<WorkerEnd, 'how'>): CommandError {
  return new CommandError(1, `workers end before they are ready, over and over; the last one ended ${how}`);
}
