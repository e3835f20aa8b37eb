import type { IncomingMessage, ServerResponse } from 'node:http';
import { ClientWatch } from '../client/response/client-watch.ts';

/** A request, and how much time it has. */
export interface LifetimeSettings {
  /** The client's request. */
  readonly req: IncomingMessage;
  /** The response to it. */
  readonly res: ServerResponse;
  /** Milliseconds until it must be settled which response is sent, or Infinity. */
  readonly totalMs: number;
  /** Called when that time is up. @returns why the request ends; undefined when a response could still be settled. */
  onTimeUp(): Error | undefined;
}

/** How long a request is worked on: until its client is gone, the app has answered it, or its total time is up. */
export class Lifetime {
  /** When the request came, by `performance.now()`. */
  readonly startedAt = performance.now();
  readonly #client: ClientWatch;
  readonly #totalTimer: NodeJS.Timeout | undefined;

  constructor({ req, res, totalMs, onTimeUp }: LifetimeSettings) {
    if (totalMs < Infinity) this.#totalTimer = setTimeout(() => this.#onTimer(onTimeUp()), totalMs);
    this.#client = new ClientWatch(req, res);
  }

  /** Fires when nobody waits for the response any more, or the total time is up. */
  get signal(): AbortSignal {
    return this.#client.signal;
  }

  /** Milliseconds since the request came. */
  get elapsedMs(): number {
    return performance.now() - this.startedAt;
  }

  #onTimer(error: Error | undefined): void {
    if (error) this.#client.abort(error);
  }

  /** Ends the limit of time, when it is settled which response is sent. */
  settle(): void {
    clearTimeout(this.#totalTimer);
  }

  /** Ends the limit of time and the watch over the client. */
  end(): void {
    this.settle();
    this.#client.end();
  }
}
