import type { AttemptReport, Observer, ProxyEvent, RequestEnded } from '../src/index.ts';

/** Events that belong to one request; the others tell of an endpoint. */
type RequestEvent = Extract<ProxyEvent, { readonly requestId: number }>;

/** All there is to tell about one request once its last attempt is over. */
export interface FinishedRace {
  readonly request: RequestEnded;
  /** The endpoint whose response the client got, with or without winning. */
  readonly servedBy: string | undefined;
  /** In the order of their starts. */
  readonly attempts: readonly AttemptReport[];
}

/**
 * Makes an observer that gathers the events of each request. The losers end shortly before or after the request does,
 * so a race is handed over when both have ended.
 */
export function collectRaces(onFinished: (race: FinishedRace) => void): Observer {
  const openRaces = new Map<number, OpenRace>();
  return (event) => {
    if (!('requestId' in event)) return;
    if (event.type === 'request-started') openRaces.set(event.requestId, new OpenRace());
    const finished = openRaces.get(event.requestId)?.add(event);
    if (!finished) return;
    openRaces.delete(event.requestId);
    onFinished(finished);
  };
}

/** A race under way. */
class OpenRace {
  readonly #reports = new Map<number, AttemptReport>();
  #runningCount = 0;
  #servedBy: string | undefined;
  #request: RequestEnded | undefined;

  /** @returns the race, if this event was its last. */
  add(event: RequestEvent): FinishedRace | undefined {
    if (event.type === 'attempt-started') this.#runningCount++;
    if (event.type === 'response-started') this.#servedBy = event.endpoint;
    if (event.type === 'request-ended') this.#request = event;
    if (event.type === 'attempt-ended') {
      this.#runningCount--;
      this.#reports.set(event.attempt, event.report);
    }
    if (!this.#request || this.#runningCount > 0) return undefined;
    return { request: this.#request, servedBy: this.#servedBy, attempts: this.#inOrder() };
  }

  #inOrder(): AttemptReport[] {
    return [...this.#reports].sort(([a], [b]) => a - b).map(([, report]) => report);
  }
}
