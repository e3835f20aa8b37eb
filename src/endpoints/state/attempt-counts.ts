import { type AttemptOutcome, isSuccess } from '../../errors.ts';
import type { EndpointSnapshot } from './snapshot.ts';

/** The numbers of an endpoint's attempts, by how they ended. */
type Totals = Pick<EndpointSnapshot, 'successes' | 'wins' | 'failures' | 'timeouts' | 'cancelled'>;

/** Counts the attempts of an endpoint. */
export class AttemptCounts {
  readonly #totals = { successes: 0, wins: 0, failures: 0, timeouts: 0, cancelled: 0 };

  /** The counts of this moment. */
  get totals(): Totals {
    return this.#totals;
  }

  /** Counts an attempt that has ended. */
  count(outcome: AttemptOutcome): void {
    const totals = this.#totals;
    if (outcome === 'cancelled') {
      totals.cancelled++;
      return;
    }
    if (outcome === 'won') totals.wins++;
    if (outcome === 'timed-out') totals.timeouts++;
    if (isSuccess(outcome)) totals.successes++;
    else totals.failures++;
  }
}
