import { isSuccess } from '../../../errors.ts';
import type { AttemptReport, RequestEnded } from '../../../events/events.ts';

/** The most endpoints that a slot of time counts, since a function may give any number of them. */
const maxEndpoints = 256;

/** Counts of the attempts at one endpoint that have ended. */
export interface EndpointCounts {
  /** All of them. */
  attempts: number;
  /** Attempts that won. */
  wins: number;
  /** Attempts that failed, timed out or were unusable, and bodies that broke off while a client was being given them. */
  failures: number;
  /** Losers that were cancelled. */
  cancelled: number;
}

/** Counts of one slot of time. */
export interface SlotCounts {
  /** Requests that have ended. */
  requests: number;
  /** Attempts of those requests. */
  attempts: number;
  /** Requests whose end was neither the client's doing nor the app's. */
  judged: number;
  /** Judged requests that were answered with a usable response. */
  successes: number;
  /** Attempts that won, at any endpoint. */
  wins: number;
  /** Requests for which an attempt started because the hedge delay was over. */
  hedged: number;
  /** Requests by their strategy. */
  readonly strategies: Map<NonNullable<RequestEnded['strategy']>, number>;
  /** Counts of each endpoint, by its name. */
  readonly endpoints: Map<string, EndpointCounts>;
}

/** Counts of nothing. */
export function noCounts(): SlotCounts {
  const numbers = { requests: 0, attempts: 0, judged: 0, successes: 0, wins: 0, hedged: 0 };
  return { ...numbers, strategies: new Map(), endpoints: new Map() };
}

/** The counts of an endpoint, to add to; of those that are too many nobody will read them. */
export function countsOf({ endpoints }: SlotCounts, endpoint: string): EndpointCounts {
  const known = endpoints.get(endpoint);
  if (known) return known;
  const counts: EndpointCounts = { attempts: 0, wins: 0, failures: 0, cancelled: 0 };
  if (endpoints.size < maxEndpoints) endpoints.set(endpoint, counts);
  return counts;
}

/** Counts an attempt that has ended. */
export function countAttempt(counts: SlotCounts, { endpoint, outcome }: AttemptReport): void {
  const own = countsOf(counts, endpoint);
  own.attempts++;
  if (outcome === 'won') {
    own.wins++;
    counts.wins++;
  } else if (outcome === 'cancelled') own.cancelled++;
  else if (!isSuccess(outcome)) own.failures++;
}

/** Adds one more to a map of numbers. */
export function addTo<Key>(numbers: Map<Key, number>, key: Key, more = 1): void {
  numbers.set(key, (numbers.get(key) ?? 0) + more);
}

/** Adds counts of the same slot that others have made. */
export function addSlot(counts: SlotCounts, others: SlotCounts): void {
  const names = ['requests', 'attempts', 'judged', 'successes', 'wins', 'hedged'] as const;
  for (const name of names) counts[name] += others[name];
  for (const [strategy, count] of others.strategies) addTo(counts.strategies, strategy, count);
  for (const [endpoint, more] of others.endpoints) {
    const own = countsOf(counts, endpoint);
    for (const name of ['attempts', 'wins', 'failures', 'cancelled'] as const) own[name] += more[name];
  }
}
