import type { IncomingMessage } from 'node:http';
import type { Attempt } from './attempt.ts';
import type { EjectionChange } from './endpoints/ejection.ts';
import type { Endpoint } from './endpoints/endpoint.ts';
import type { EndpointEjected, EndpointRestored, Events, RequestEnded, RequestEvent, RequestEvents } from './events.ts';

/** What each kind of event adds to the fields that all have. */
type OwnFields<Event> = Event extends unknown ? Omit<Event, keyof RequestEvent> : never;

/** Tells observers what happens to one request; builds no event when there are none. */
export class Reporter {
  readonly #events: Events;
  readonly #requestId: number;
  readonly #req: IncomingMessage & { readonly originalUrl?: string };

  constructor(events: Events, requestId: number, req: IncomingMessage) {
    this.#events = events;
    this.#requestId = requestId;
    this.#req = req;
  }

  requestStarted(): void {
    if (this.#events.isObserved) this.#emit({ type: 'request-started' });
  }

  attemptStarted({ name, reason, number }: Attempt): void {
    if (this.#events.isObserved) this.#emit({ type: 'attempt-started', endpoint: name, attempt: number, reason });
  }

  attemptEnded(ended: Attempt, change: EjectionChange): void {
    if (!this.#events.isObserved) return;
    this.#emit({ type: 'attempt-ended', attempt: ended.number, report: ended.report() });
    if (change) this.#events.emit(endpointEvent(change, ended.candidate.endpoint));
  }

  /** @returns false, for whoever asked. */
  hedgeDenied(): false {
    if (this.#events.isObserved) this.#emit({ type: 'hedge-denied' });
    return false;
  }

  responseStarted({ name }: Attempt, status: number): void {
    if (this.#events.isObserved) this.#emit({ type: 'response-started', endpoint: name, status });
  }

  requestEnded(fields: () => Omit<RequestEnded, keyof RequestEvent | 'type'>): void {
    if (this.#events.isObserved) this.#emit({ type: 'request-ended', ...fields() });
  }

  #emit(event: OwnFields<RequestEvents>): void {
    const { method = 'GET', url = '/', originalUrl = url } = this.#req;
    this.#events.emit({ requestId: this.#requestId, method, url: originalUrl, ...event });
  }
}

function endpointEvent(
  change: 'ejected' | 'restored',
  { name, ejection: { lastsMs } }: Endpoint,
): EndpointEjected | EndpointRestored {
  return change === 'restored'
    ? { type: 'endpoint-restored', endpoint: name }
    : { type: 'endpoint-ejected', endpoint: name, forMs: lastsMs };
}
