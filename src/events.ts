import { inspect } from 'node:util';
import type { AttemptReport, BalancingProxyError } from './errors.ts';
import type { Strategy } from './race/delay.ts';
import type { StartReason } from './race/rules.ts';

/** What all events of one request have in common. */
export interface RequestEvent {
  /** Counts up with every request of a proxy. */
  readonly requestId: number;
  readonly method: string;
  /** The request target as the client sent it, mount prefix and query included. */
  readonly url: string;
}

export interface RequestStarted extends RequestEvent {
  readonly type: 'request-started';
}

export interface AttemptStarted extends RequestEvent {
  readonly type: 'attempt-started';
  readonly endpoint: string;
  /** Counts the attempts of this request, from 1. */
  readonly attempt: number;
  /** It is the first of its request, the hedge delay was over, or another one failed. */
  readonly reason: StartReason;
}

export interface AttemptEnded extends RequestEvent {
  readonly type: 'attempt-ended';
  readonly attempt: number;
  readonly report: AttemptReport;
}

export interface ResponseStarted extends RequestEvent {
  readonly type: 'response-started';
  readonly status: number;
  /** The endpoint whose response is sent: the winner, or the first discarded one when there was none. */
  readonly endpoint: string;
}

export interface RequestEnded extends RequestEvent {
  readonly type: 'request-ended';
  /** The status that the client got; undefined when it got none, or an error handler is about to choose one. */
  readonly status: number | undefined;
  /** The endpoint that won, if one did. */
  readonly winner: string | undefined;
  /** Bytes of the body that were handed to the client's response. */
  readonly bytes: number;
  readonly durationMs: number;
  readonly attempts: readonly AttemptReport[];
  /** The request body was too large to be replayed, so only one endpoint was asked (`largeBody: 'stream'`). */
  readonly isBodyStreamed: boolean;
  /** How the endpoints were asked; undefined when the request ended before that was decided. */
  readonly strategy: Strategy | undefined;
  /** Why the request was not answered with an endpoint's response, or not to its end. */
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

/** An endpoint that was left out was reached again. */
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

/** Everything that is reported; events inform and never decide. */
export type ProxyEvent = RequestEvents | EndpointEjected | EndpointRestored;

export type Observer = (event: ProxyEvent) => void;

/** Tells observers what happens. Callers ask `isObserved` first and build no event that nobody hears. */
export class Events {
  readonly #observers = new Set<Observer>();

  get isObserved(): boolean {
    return this.#observers.size > 0;
  }

  /** @returns its unsubscribe. */
  subscribe(observer: Observer): () => void {
    // A function of our own, so that subscribing the same observer twice can be undone one at a time.
    const subscription: Observer = (event) => observer(event);
    this.#observers.add(subscription);
    return () => void this.#observers.delete(subscription);
  }

  emit(event: ProxyEvent): void {
    for (const observer of this.#observers) {
      try {
        const result: unknown = observer(event);
        if (result instanceof Promise) result.catch(warn);
      } catch (error) {
        warn(error);
      }
    }
  }
}

/** An observer's fault is the observer's alone: no response may change for it. */
function warn(thrown: unknown): void {
  process.emitWarning(thrown instanceof Error ? thrown : `an observer threw ${inspect(thrown)}`);
}
