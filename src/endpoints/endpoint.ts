import type { AttemptOutcome } from '../errors.ts';
import type { EndpointAddress } from './address.ts';

/** The state of an endpoint at one moment, for people and dashboards. */
export interface EndpointSnapshot {
  readonly name: string;
  /** Attempts under way. */
  readonly inFlight: number;
  /** Usable responses, won or lost, since the proxy was created. */
  readonly successes: number;
  /** Attempts that failed, timed out or were answered with an unusable response. */
  readonly failures: number;
  /** Losers that were cancelled before they answered; they say nothing about the endpoint's health. */
  readonly cancelled: number;
}

/** A server that requests are forwarded to, with what is known of it; made once and kept. */
export class Endpoint {
  readonly address: EndpointAddress;
  #inFlight = 0;
  #successes = 0;
  #failures = 0;
  #cancelled = 0;

  constructor(address: EndpointAddress) {
    this.address = address;
  }

  get name(): string {
    return this.address.name;
  }

  attemptStarted(): void {
    this.#inFlight++;
  }

  attemptEnded(outcome: AttemptOutcome): void {
    this.#inFlight--;
    if (outcome === 'won' || outcome === 'lost') this.#successes++;
    else if (outcome === 'cancelled') this.#cancelled++;
    else this.#failures++;
  }

  snapshot(): EndpointSnapshot {
    return {
      name: this.name,
      inFlight: this.#inFlight,
      successes: this.#successes,
      failures: this.#failures,
      cancelled: this.#cancelled,
    };
  }
}
