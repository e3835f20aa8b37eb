import type { DnsEvents } from '../endpoints/dns/dns-events.ts';
import type { EjectionCause } from '../endpoints/state/snapshot.ts';
import type { AttemptResult, BalancingProxyError } from '../errors.ts';
import type { RequestClient } from '../http/request-client.ts';
import type { AttemptReason } from '../race/rules.ts';
import type { Strategy } from '../race/strategies/strategies.ts';
import type { RequestOutcome } from './request-outcome.ts';

/** Where a body broke off while the client was being given it. */
export interface BodyBreak {
  /** Milliseconds from the start of the attempt to the break. */
  readonly afterMs: number;
  /** Bytes of the whole body that the client had been given by then, those of the attempts before included. */
  readonly atByte: number;
}

/** How one attempt went. */
export interface AttemptReport extends AttemptResult {
  /** Why the attempt started. */
  readonly reason: AttemptReason;
  /** Milliseconds from the start of the attempt to the head of its response, if one came; from there to the outcome it was held. */
  readonly headAfterMs?: number;
  /** Where its body broke off, only with the outcomes `won` and `resumed`: such an outcome stays, and `error` says why it broke. */
  readonly brokeOff?: BodyBreak;
  /**
   * Bytes of a body that did not win and was kept to be read to its end, which is the price of asking several endpoints, unless
   * the client got this response for want of a better one. A small body counts with the length that it announces, even if it is
   * cut off then. 0 elsewhere.
   */
  readonly discardedBytes: number;
}

/** The fields that all events of one request share. */
export interface RequestEvent {
  /** Counts up with every request of a proxy. */
  readonly requestId: number;
  /** The request's method. */
  readonly method: string;
  /** The request target as the client sent it, mount prefix and query included. */
  readonly url: string;
}

/** Tells that a request has come. Observers are called within the request's own call of the middleware, in its async context. */
export interface RequestStarted extends RequestEvent {
  /** Names the event. */
  readonly type: 'request-started';
  /** The client's trace context, which every endpoint gets untouched; W3C Trace Context 3.2. */
  readonly traceparent: string | undefined;
  /** W3C Trace Context 3.3. */
  readonly tracestate: string | undefined;
}

/** Tells that an endpoint is asked. */
export interface AttemptStarted extends RequestEvent {
  /** Names the event. */
  readonly type: 'attempt-started';
  /** The endpoint's name. */
  readonly endpoint: string;
  /** Scheme, host and port of the endpoint's URL, such as `https://a.example:8443`. */
  readonly origin: string;
  /** The request target that the endpoint gets, base path included, but without the query of the endpoint's own URL: a secret. */
  readonly target: string;
  /** Counts the attempts of this request, from 1. */
  readonly attempt: number;
  /** Why the attempt starts. */
  readonly reason: AttemptReason;
}

/**
 * Tells how an attempt ended. The winner's ends with its choice, and one that resumes with its first new byte, while the body may
 * still be on its way: only the reports in {@link RequestEnded} tell that it broke off later.
 */
export interface AttemptEnded extends RequestEvent {
  /** Names the event. */
  readonly type: 'attempt-ended';
  /** Counts the attempts of this request, from 1. */
  readonly attempt: number;
  /** How the attempt went. */
  readonly report: AttemptReport;
}

/** Tells which response the client gets. Its head is made, and about to be sent. */
export interface ResponseStarted extends RequestEvent {
  /** Names the event. */
  readonly type: 'response-started';
  /** The response's status. */
  readonly status: number;
  /** The endpoint whose response is sent: the winner, or a discarded one when there was none. */
  readonly endpoint: string;
  /** Milliseconds since the request came. */
  readonly afterMs: number;
}

/** Tells that a request is over: its response has ended, or others answer it, and all its attempts have ended. */
export interface RequestEnded extends RequestEvent {
  /** Names the event. */
  readonly type: 'request-ended';
  /** How the request ended. */
  readonly outcome: RequestOutcome;
  /** The status that the client got; undefined when it got none, or others are about to choose one. */
  readonly status: number | undefined;
  /**
   * The status with which the request counts: `status`, or, when nothing was sent yet, that of `error`, which an error handler
   * may still change. Undefined when the client left before, and when the request was passed on.
   */
  readonly finalStatus: number | undefined;
  /** The endpoint that won, if one did. */
  readonly winner: string | undefined;
  /** The endpoint whose response the client got, with or without winning; after a resume, the one that gave the last byte. */
  readonly servedBy: string | undefined;
  /** Breaks within the body that were mended: how often another attempt went on with it. */
  readonly resumes: number;
  /** Bytes of the body that were handed to the client's response, also when it was cut then. */
  readonly bytes: number;
  /** Bytes of the client's body that were read whole or streamed, or of all that the client sent after an upgrade. */
  readonly bytesReceived: number;
  /** The request's `X-Request-Id`, with the option `xRequestId`. */
  readonly xRequestId: string | undefined;
  /** The client, as its request tells of it. */
  readonly client: RequestClient;
  /** Milliseconds from the coming of the request to the end of its response. */
  readonly durationMs: number;
  /** How each attempt went, in the order of their starts. */
  readonly attempts: readonly AttemptReport[];
  /** Whether the request body was too large to be replayed, so that only one endpoint was asked (`largeBody: 'stream'`). */
  readonly isBodyStreamed: boolean;
  /** How the endpoints were asked; undefined when the request ended before that was decided. */
  readonly strategy: Strategy | undefined;
  /**
   * Why the request was not answered with an endpoint's response, or not to its end; of one that was passed on, the error that it would have
   * ended with. With `ERR_BRP_ENDED_BY_APP` other code of the app has answered, or ended the response; `status` is the one that the
   * client got from it.
   */
  readonly error: BalancingProxyError | undefined;
}

/** Tells that no attempt started when the hedge delay was over, although an endpoint was left, because the budget was used up. */
export interface HedgeDenied extends RequestEvent {
  /** Names the event. */
  readonly type: 'hedge-denied';
}

/** Tells that an endpoint is left out for a while, because it could not be reached several times in a row, or has failed too often. */
export interface EndpointEjected {
  /** Names the event. */
  readonly type: 'endpoint-ejected';
  /** The endpoint's name. */
  readonly endpoint: string;
  /** Milliseconds until one request tries the endpoint again. */
  readonly forMs: number;
  /** Why the endpoint is left out. For `failures` a race asks it all the same. */
  readonly cause: EjectionCause;
}

/** Tells that an endpoint is left out until it is restored, because `drain()` was called. */
export interface EndpointDrained {
  /** Names the event. */
  readonly type: 'endpoint-drained';
  /** The endpoint's name. */
  readonly endpoint: string;
}

/** Tells that an endpoint is back, because it was reached again or `restore()` was called. */
export interface EndpointRestored {
  /** Names the event. */
  readonly type: 'endpoint-restored';
  /** The endpoint's name. */
  readonly endpoint: string;
}

/** The events of requests. */
export type RequestEvents =
  | RequestStarted
  | AttemptStarted
  | AttemptEnded
  | HedgeDenied
  | ResponseStarted
  | RequestEnded;

/** The events of endpoints. */
export type EndpointEvents = EndpointEjected | EndpointDrained | EndpointRestored;

/** Every event. Events inform and never decide. */
export type ProxyEvent = RequestEvents | EndpointEvents | DnsEvents;

/** Hears the events of a proxy, as they happen; it must not write into them. */
export type Observer = (event: ProxyEvent) => void;

/** The message on the channel of node:diagnostics_channel that is called `balancing-reverse-proxy:` and the event's type. */
export interface ChannelMessage<Event extends ProxyEvent = ProxyEvent> {
  /** The proxy that reports: the function that `createBalancingProxy` returned. */
  readonly proxy: object;
  /** The event itself. */
  readonly event: Event;
}
