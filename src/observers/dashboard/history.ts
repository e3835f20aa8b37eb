import { type AttemptOutcome, isOthersDoing } from '../../errors.ts';
import type { ProxyEvent, RequestEnded } from '../../events/events.ts';
import { round } from '../../support/round.ts';
import type { EndpointRow, RequestFigures } from './frame.ts';
import { RaceSample } from './race-sample.ts';
import { RecentSlots, secondsOf, slotCount, slotMs } from './recent-slots.ts';

/** The number of slots over which a rate is taken, ten seconds. */
const rateSlots = 5;

/** Counts of the attempts at one endpoint that have ended. */
interface EndpointCounts {
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
interface Counts {
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
  /** Counts of each endpoint, by its name. */
  readonly endpoints: Map<string, EndpointCounts>;
}

/** Figures of one endpoint over the last minute. */
type EndpointFigures = Pick<EndpointRow, 'attemptsPerSecond' | 'activity' | 'winRatio' | 'errorRatio' | 'ejections'>;

/** Counts what events tell while somebody watches. */
export class History {
  /** The races that are shown. */
  readonly races = new RaceSample();
  readonly #startedAtMs = performance.now();
  readonly #slots = new RecentSlots<Counts>(noCounts);
  readonly #ejections = new Map<string, number>();

  /** Counts an event; to be subscribed. */
  readonly observe = (event: ProxyEvent): void => {
    if (event.type === 'request-ended') this.#requestEnded(event);
    if (event.type === 'attempt-ended') this.#attemptEnded(event.report.endpoint, event.report.outcome);
    if (event.type === 'endpoint-ejected') this.#ejected(event.endpoint);
  };

  /** The figures of all requests at this moment. */
  requestFigures(): RequestFigures {
    const slots = this.#slots.last();
    return {
      perSecond: this.#rateOf(slots.map((slot) => slot?.requests ?? 0)),
      successRatio: ratio(total(slots, 'successes'), total(slots, 'judged')),
      loadMultiplier: ratio(total(slots, 'attempts'), total(slots, 'requests')),
    };
  }

  /** The figures of an endpoint at this moment. */
  endpointFigures(name: string): EndpointFigures {
    const slots = this.#slots.last();
    const own = slots.map((slot) => slot?.endpoints.get(name));
    const activity = own.map((counts) => counts?.attempts ?? 0);
    return {
      attemptsPerSecond: this.#rateOf(activity),
      activity,
      winRatio: ratio(total(own, 'wins'), total(slots, 'wins')),
      errorRatio: errorRatioOf(own),
      ejections: this.#ejections.get(name) ?? 0,
    };
  }

  /** Forgets the ejections of endpoints that are no more. */
  keepOnly(names: ReadonlySet<string>): void {
    for (const name of this.#ejections.keys()) if (!names.has(name)) this.#ejections.delete(name);
  }

  #ejected(endpoint: string): void {
    this.#ejections.set(endpoint, (this.#ejections.get(endpoint) ?? 0) + 1);
  }

  #requestEnded(ended: RequestEnded): void {
    const counts = this.#slots.current;
    counts.requests++;
    counts.attempts += ended.attempts.length;
    if (!isOthersDoing(ended.error)) {
      counts.judged++;
      if ((ended.winner !== undefined || ended.attempts.length === 0) && !ended.error) counts.successes++;
    }
    for (const { endpoint, brokeOff } of ended.attempts) if (brokeOff) this.#countsOf(endpoint).failures++;
    this.races.add(ended);
  }

  #attemptEnded(endpoint: string, outcome: AttemptOutcome | 'pending'): void {
    const counts = this.#countsOf(endpoint);
    counts.attempts++;
    if (outcome === 'won') {
      counts.wins++;
      this.#slots.current.wins++;
    } else if (outcome === 'cancelled') counts.cancelled++;
    else if (outcome !== 'lost' && outcome !== 'resumed') counts.failures++;
  }

  #countsOf(endpoint: string): EndpointCounts {
    const { endpoints } = this.#slots.current;
    const counts = endpoints.get(endpoint) ?? { attempts: 0, wins: 0, failures: 0, cancelled: 0 };
    endpoints.set(endpoint, counts);
    return counts;
  }

  /** Counts per second, over the last slots or since the watch began if that is less. */
  #rateOf(counts: readonly number[]): number {
    const watchedSeconds = (performance.now() - this.#startedAtMs) / 1_000;
    // A rate of the first instant would be a guess.
    const seconds = Math.max(1, Math.min(watchedSeconds, secondsOf(rateSlots)));
    const count = counts.slice(-rateSlots).reduce((sum, one) => sum + one, 0);
    return round(count / seconds, 2);
  }
}

/** Milliseconds without any viewer after which a history is too old to go on with. */
export const historyLastsMs = slotCount * slotMs;

function noCounts(): Counts {
  return { requests: 0, attempts: 0, judged: 0, successes: 0, wins: 0, endpoints: new Map() };
}

function total<Key extends string>(slots: ReadonlyArray<Readonly<Record<Key, number>> | undefined>, key: Key): number {
  return slots.reduce((sum, slot) => sum + (slot?.[key] ?? 0), 0);
}

/** The share of failures. A body may break off long after its attempt has left the slots. */
function errorRatioOf(slots: ReadonlyArray<EndpointCounts | undefined>): number | null {
  const judged = total(slots, 'attempts') - total(slots, 'cancelled');
  return ratio(Math.min(total(slots, 'failures'), judged), judged);
}

function ratio(part: number, whole: number): number | null {
  return whole === 0 ? null : round(part / whole, 4);
}
