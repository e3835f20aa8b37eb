import { type Channel, channel } from 'node:diagnostics_channel';
import type { BalancingProxyError } from '../errors.ts';
import type { StartReason } from '../race/rules.ts';
import type { Strategy } from '../race/strategies/strategies.ts';
import { Subscribers } from '../support/subscribers.ts';
import type { AttemptReport } from './attempt-report.ts';

/** What all events of one request have in common. */
export interface RequestEvent {
  /** Counts up with every request of a proxy. */
  readonly requestId: number;
  readonly method: string;
  /** The request target as the client sent it, mount prefix and query included. */
  readonly url: string;
}

/** A request has come. Observers are called within the request's own call of the middleware, in its async context. */
export interface RequestStarted extends RequestEvent {
  readonly type: 'request-started';
  /** The client's trace context, which every endpoint gets untouched; W3C Trace Context 3.2. */
  readonly traceparent: string | undefined;
  /** W3C Trace Context 3.3. */
  readonly tracestate: string | undefined;
}

/** An endpoint is asked. */
export interface AttemptStarted extends RequestEvent {
  readonly type: 'attempt-started';
  readonly endpoint: string;
  /** Scheme, host and port of the endpoint's URL, such as `https://a.example:8443`. */
  readonly origin: string;
  /** The request target that it gets, base path included, but without the query of the endpoint's own URL: a secret. */
  readonly target: string;
  /** Counts the attempts of this request, from 1. */
  readonly attempt: number;
  /** It is the first of its request, the hedge delay was over, or another one failed. */
  readonly reason: StartReason;
}

/** It is settled what became of an attempt. The winner's body may still be on its way. */
export interface AttemptEnded extends RequestEvent {
  readonly type: 'attempt-ended';
  readonly attempt: number;
  readonly report: AttemptReport;
}

/** It is settled which response the client gets; its head is about to be sent. */
export interface ResponseStarted extends RequestEvent {
  readonly type: 'response-started';
  readonly status: number;
  /** The endpoint whose response is sent: the winner, or a discarded one when there was none. */
  readonly endpoint: string;
  /** Milliseconds since the request came. */
  readonly afterMs: number;
}

/** The response has ended, and so have all attempts. */
export interface RequestEnded extends RequestEvent {
  readonly type: 'request-ended';
  /** The status that the client got; undefined when it got none, or an error handler is about to choose one. */
  readonly status: number | undefined;
  /**
   * The status with which the request counts: `status`, or, where nothing was sent yet, that of `error`, which an error handler
   * may still change. Undefined when the client left before.
   */
  readonly finalStatus: number | undefined;
  /** The endpoint that won, if one did. */
  readonly winner: string | undefined;
  /** The endpoint whose response the client got, with or without winning. */
  readonly servedBy: string | undefined;
  /** Bytes of the body that were handed to the client's response. */
  readonly bytes: number;
  /** Milliseconds from the coming of the request to the end of its response. */
  readonly durationMs: number;
  readonly attempts: readonly AttemptReport[];
  /** The request body was too large to be replayed, so only one endpoint was asked (`largeBody: 'stream'`). */
  readonly isBodyStreamed: boolean;
  /** How the endpoints were asked; undefined when the request ended before that was decided. */
  readonly strategy: Strategy | undefined;
  /**
   * Why the request was not answered with an endpoint's response, or not to its end. With `ERR_BRP_ENDED_BY_APP` other code
   * of the app has answered, or ended the response; `status` is what the client got then.
   */
  readonly error: BalancingProxyError | undefined;
}

/** The hedge delay was over and somebody was left to try, but the budget was used up. */
export interface HedgeDenied extends RequestEvent {
  readonly type: 'hedge-denied';
}

/** An endpoint is left out for a while: it could not be reached several times in a row. */
export interface EndpointEjected {
  readonly type: 'endpoint-ejected';
  readonly endpoint: string;
  /** Milliseconds until one request tries it again. */
  readonly forMs: number;
}

/** An endpoint is left out until it is restored: `drain()` was called. */
export interface EndpointDrained {
  readonly type: 'endpoint-drained';
  readonly endpoint: string;
}

/** An endpoint that was left out was reached again, or `restore()` was called. */
export interface EndpointRestored {
  readonly type: 'endpoint-restored';
  readonly endpoint: string;
}

/** What happens to requests. */
export type RequestEvents =
  | RequestStarted
  | AttemptStarted
  | AttemptEnded
  | HedgeDenied
  | ResponseStarted
  | RequestEnded;

/** What happens to endpoints. */
export type EndpointEvents = EndpointEjected | EndpointDrained | EndpointRestored;

/** Everything that is reported; events inform and never decide. */
export type ProxyEvent = RequestEvents | EndpointEvents;

export type Observer = (event: ProxyEvent) => void;

/** What subscribers of node:diagnostics_channel get on `balancing-reverse-proxy:` and the event's type. */
export interface ChannelMessage<Event extends ProxyEvent = ProxyEvent> {
  /** Who reports: the function that `createBalancingProxy` returned. */
  readonly proxy: object;
  readonly event: Event;
}

type EventType = ProxyEvent['type'];

/** For tools that follow every proxy of a process without knowing any. */
const channels: Readonly<Record<EventType, Channel>> = {
  'request-started': channel('balancing-reverse-proxy:request-started'),
  'attempt-started': channel('balancing-reverse-proxy:attempt-started'),
  'attempt-ended': channel('balancing-reverse-proxy:attempt-ended'),
  'hedge-denied': channel('balancing-reverse-proxy:hedge-denied'),
  'response-started': channel('balancing-reverse-proxy:response-started'),
  'request-ended': channel('balancing-reverse-proxy:request-ended'),
  'endpoint-ejected': channel('balancing-reverse-proxy:endpoint-ejected'),
  'endpoint-drained': channel('balancing-reverse-proxy:endpoint-drained'),
  'endpoint-restored': channel('balancing-reverse-proxy:endpoint-restored'),
};

/** Tells observers what happens. Callers ask `isHeard` first and build no event that nobody hears. */
export class Events {
  readonly #observers = new Subscribers<ProxyEvent>();
  #proxy: object = this;

  /** Names who reports, for the subscribers of channels. */
  reportAs(proxy: object): void {
    this.#proxy = proxy;
  }

  isHeard(type: EventType): boolean {
    return this.#observers.size > 0 || channels[type].hasSubscribers;
  }

  /** @returns its unsubscribe. */
  subscribe(observer: Observer): () => void {
    return this.#observers.subscribe(observer);
  }

  emit(event: ProxyEvent): void {
    // Looked up first: an observer that writes into the event must not break the request.
    const { [event.type]: heard } = channels;
    this.#observers.tell(event);
    if (heard.hasSubscribers) heard.publish({ proxy: this.#proxy, event } satisfies ChannelMessage);
  }
}
