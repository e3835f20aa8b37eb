import type { IncomingMessage } from 'node:http';
import type { EndpointAddress } from '../endpoints/place/address.ts';
import { targetFor } from '../endpoints/place/target.ts';
import type { EjectionChange } from '../endpoints/state/absence.ts';
import type { Endpoint } from '../endpoints/state/endpoint.ts';
import type { TrustForwarded } from '../http/forwarded.ts';
import { clientOf, type RequestClient } from '../http/request-client.ts';
import type { AttemptReason } from '../race/rules.ts';
import type {
  AttemptReport,
  EndpointEjected,
  EndpointRestored,
  RequestEnded,
  RequestEvent,
  RequestEvents,
  ResponseStarted,
} from './events.ts';
import type { Events } from './proxy-events.ts';
import { requestOutcomeOf } from './request-outcome.ts';

/** The fields that a kind of event has besides those that all have. */
type OwnFields<Event> = Event extends unknown ? Omit<Event, keyof RequestEvent> : never;

/** An attempt as far as events tell of it. */
interface ReportedAttempt {
  /** The endpoint's name. */
  readonly name: string;
  /** Why the attempt started. */
  readonly reason: AttemptReason;
  /** Counts the attempts of a request, from 1. */
  readonly number: number;
  /** The endpoint, and where it is for this request. */
  readonly candidate: { readonly address: EndpointAddress; readonly endpoint: Endpoint };
  /** How the attempt went so far. */
  report(): AttemptReport;
}

/** The facts of the end of a request, of which the rest is derived. */
type EndedFields = Omit<
  RequestEnded,
  keyof RequestEvent | 'type' | 'outcome' | 'finalStatus' | 'xRequestId' | 'client'
>;

/** A request as far as events tell of it. */
interface ReportedRequest {
  /** Counts up with every request of a proxy. */
  readonly requestId: number;
  /** The request's `X-Request-Id`, if it has one of ours. */
  readonly xRequestId: string | undefined;
  /** The client's request. */
  readonly req: IncomingMessage & { readonly originalUrl?: string };
  /** Whether the client is believed that asks for another one. */
  readonly trustForwarded: TrustForwarded;
}

/** The reports of one request. No event is built that nobody hears. */
export class Reporter {
  readonly #events: Events;
  readonly #request: ReportedRequest;
  #client: RequestClient | undefined;

  constructor(events: Events, request: ReportedRequest) {
    this.#events = events;
    this.#request = request;
  }

  /** The request's `X-Request-Id`, if it has one of ours. */
  get xRequestId(): string | undefined {
    return this.#request.xRequestId;
  }

  /** Tells that the request has come. */
  requestStarted(): void {
    // A connection that is closed when the request ends has no address any more.
    if (this.#events.isHeard('request-ended')) this.#client = this.#clientNow();
    if (!this.#events.isHeard('request-started')) return;
    const { traceparent, tracestate } = this.#request.req.headers;
    this.#emit({ type: 'request-started', traceparent: textOf(traceparent), tracestate: textOf(tracestate) });
  }

  /**
   * Tells that an attempt starts.
   * @param url the target that is asked for, before the endpoint's base path goes in front.
   */
  attemptStarted({ name, reason, number, candidate: { address } }: ReportedAttempt, url: string): void {
    if (!this.#events.isHeard('attempt-started')) return;
    const target = targetFor({ ...address, baseQuery: '' }, url);
    this.#emit({ type: 'attempt-started', endpoint: name, origin: originOf(address), target, attempt: number, reason });
  }

  /** Tells how an attempt ended, and that its endpoint is ejected or restored by that. */
  attemptEnded(ended: ReportedAttempt, change: EjectionChange): void {
    if (this.#events.isHeard('attempt-ended')) {
      this.#emit({ type: 'attempt-ended', attempt: ended.number, report: ended.report() });
    }
    if (change && this.#events.isHeard(`endpoint-${change}`)) {
      this.#events.emit(endpointEvent(change, ended.candidate.endpoint));
    }
  }

  /** Tells that the budget refused an attempt. */
  hedgeDenied(): void {
    if (this.#events.isHeard('hedge-denied')) this.#emit({ type: 'hedge-denied' });
  }

  /** Tells which response the client gets. */
  responseStarted(fields: Pick<ResponseStarted, 'endpoint' | 'status' | 'afterMs'>): void {
    if (this.#events.isHeard('response-started')) this.#emit({ type: 'response-started', ...fields });
  }

  /**
   * Tells that the request is over.
   * @param fieldsOf called only when somebody hears.
   * @param isPassedOn whether the request is given to `next()`, for others to answer.
   */
  requestEnded(fieldsOf: () => EndedFields, isPassedOn: boolean): void {
    if (!this.#events.isHeard('request-ended')) return;
    const fields = fieldsOf();
    const { status, error } = fields;
    const outcome = requestOutcomeOf(fields, isPassedOn);
    const finalStatus = finalStatusOf({ status, error, outcome });
    const { xRequestId } = this;
    const client = this.#client ?? this.#clientNow();
    this.#emit({ type: 'request-ended', outcome, finalStatus, xRequestId, client, ...fields });
  }

  #clientNow(): RequestClient {
    return clientOf(this.#request.req, this.#request.trustForwarded);
  }

  #emit(event: OwnFields<RequestEvents>): void {
    const { requestId, req } = this.#request;
    const { method = 'GET', url = '/', originalUrl = url } = req;
    this.#events.emit({ requestId, method, url: originalUrl, ...event });
  }
}

/** The text of a header. Node has joined repeated ones already, whatever its types say. */
function textOf(header: string | string[] | undefined): string | undefined {
  return header === undefined ? undefined : String(header);
}

function originOf({ secure, host, socketPath }: EndpointAddress): string {
  if (socketPath !== undefined) return `http+unix://${encodeURIComponent(socketPath)}`;
  return `${secure ? 'https' : 'http'}://${host}`;
}

/** The event of a change. An endpoint that was ejected by it has a cause. */
function endpointEvent(
  change: 'ejected' | 'restored',
  { name, ejection: { lastsMs, cause = 'unreachable' } }: Endpoint,
): EndpointEjected | EndpointRestored {
  return change === 'restored'
    ? { type: 'endpoint-restored', endpoint: name }
    : { type: 'endpoint-ejected', endpoint: name, forMs: lastsMs, cause };
}

/**
 * The status with which a request counts: the one that the client got, else that of the error, which is answered after the
 * event. Undefined when the client left before, and when the request is passed on to others.
 */
export function finalStatusOf({
  status,
  error,
  outcome,
}: Pick<RequestEnded, 'status' | 'error' | 'outcome'>): number | undefined {
  const isUnknown = outcome === 'passed-on' || error?.code === 'ERR_BRP_CLIENT_GONE';
  return status ?? (isUnknown ? undefined : error?.status);
}
