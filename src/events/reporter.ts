import type { IncomingMessage } from 'node:http';
import type { EndpointAddress } from '../endpoints/address.ts';
import type { EjectionChange } from '../endpoints/ejection.ts';
import type { Endpoint } from '../endpoints/endpoint.ts';
import { targetFor } from '../endpoints/target.ts';
import type { StartReason } from '../race/rules.ts';
import type { AttemptReport } from './attempt-report.ts';
import type { EndpointEjected, EndpointRestored, Events, RequestEnded, RequestEvent, RequestEvents } from './events.ts';
import { finalStatusOf } from './final-status.ts';

/** What each kind of event adds to the fields that all have. */
type OwnFields<Event> = Event extends unknown ? Omit<Event, keyof RequestEvent> : never;

/** An attempt as far as events tell of it. */
export interface ReportedAttempt {
  /** The endpoint's name. */
  readonly name: string;
  readonly reason: StartReason;
  /** Counts the attempts of a request, from 1. */
  readonly number: number;
  readonly candidate: { readonly address: EndpointAddress; readonly endpoint: Endpoint };
  report(): AttemptReport;
}

/** Tells observers what happens to one request; builds no event that nobody hears. */
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
    if (!this.#events.isHeard('request-started')) return;
    const { traceparent, tracestate } = this.#req.headers;
    this.#emit({ type: 'request-started', traceparent: textOf(traceparent), tracestate: textOf(tracestate) });
  }

  /** @param url what is asked for, before the endpoint's base path goes in front. */
  attemptStarted({ name, reason, number, candidate: { address } }: ReportedAttempt, url: string): void {
    if (!this.#events.isHeard('attempt-started')) return;
    const target = targetFor({ ...address, baseQuery: '' }, url);
    this.#emit({ type: 'attempt-started', endpoint: name, origin: originOf(address), target, attempt: number, reason });
  }

  attemptEnded(ended: ReportedAttempt, change: EjectionChange): void {
    if (this.#events.isHeard('attempt-ended')) {
      this.#emit({ type: 'attempt-ended', attempt: ended.number, report: ended.report() });
    }
    if (change && this.#events.isHeard(`endpoint-${change}`)) {
      this.#events.emit(endpointEvent(change, ended.candidate.endpoint));
    }
  }

  hedgeDenied(): void {
    if (this.#events.isHeard('hedge-denied')) this.#emit({ type: 'hedge-denied' });
  }

  responseStarted(
    { name }: ReportedAttempt,
    { status, afterMs }: { readonly status: number; readonly afterMs: number },
  ): void {
    if (!this.#events.isHeard('response-started')) return;
    this.#emit({ type: 'response-started', endpoint: name, status, afterMs });
  }

  requestEnded(fieldsOf: () => Omit<RequestEnded, keyof RequestEvent | 'type' | 'finalStatus'>): void {
    if (!this.#events.isHeard('request-ended')) return;
    const fields = fieldsOf();
    this.#emit({ type: 'request-ended', finalStatus: finalStatusOf(fields), ...fields });
  }

  #emit(event: OwnFields<RequestEvents>): void {
    const { method = 'GET', url = '/', originalUrl = url } = this.#req;
    this.#events.emit({ requestId: this.#requestId, method, url: originalUrl, ...event });
  }
}

/** Node has joined repeated ones already, whatever its types say. */
function textOf(header: string | string[] | undefined): string | undefined {
  return header === undefined ? undefined : String(header);
}

function originOf({ secure, host, socketPath }: EndpointAddress): string {
  if (socketPath !== undefined) return `http+unix://${encodeURIComponent(socketPath)}`;
  return `${secure ? 'https' : 'http'}://${host}`;
}

function endpointEvent(
  change: 'ejected' | 'restored',
  { name, ejection: { lastsMs } }: Endpoint,
): EndpointEjected | EndpointRestored {
  return change === 'restored'
    ? { type: 'endpoint-restored', endpoint: name }
    : { type: 'endpoint-ejected', endpoint: name, forMs: lastsMs };
}
