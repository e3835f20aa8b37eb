import type { Candidate } from '../../../src/endpoints/candidate.ts';
import { BalancingProxyError } from '../../../src/errors.ts';
import { configuredAt, endpointNamed } from '../candidates.ts';

/** The ways in which an attempt may end, as far as it concerns who is asked. */
export const ends = ['answered', 'refused', 'cancelled', 'told to wait'] as const;

export type End = (typeof ends)[number];

/** All that may happen to an endpoint. */
export const deeds = ['drain', 'restore', 'begin', ...ends] as const;

export type Deed = (typeof deeds)[number];

/** So long an endpoint is left out or is cooling down. */
export const restMs = 1_000;

const ejection = { consecutiveFailures: 1, baseMs: restMs, maxMs: restMs };

/** An endpoint that may have one attempt at a time, with what is known of it by what has happened, and not by its own account. */
export class KnownEndpoint {
  readonly candidate: Candidate;
  isDrained = false;
  isFull = false;
  #coolUntilMs = 0;
  /** When it is tried again. */
  #out: number | 'on trial' | undefined;

  constructor(name: string, tier: number) {
    const endpoint = endpointNamed(name, { ejection, maxInFlight: 1 });
    this.candidate = { ...configuredAt(name), tier, endpoint };
  }

  get isCooling(): boolean {
    return performance.now() < this.#coolUntilMs;
  }

  get isTrialDue(): boolean {
    return typeof this.#out === 'number' && performance.now() >= this.#out;
  }

  get isEjected(): boolean {
    return this.#out !== undefined && !this.isTrialDue;
  }

  /** Does something to the endpoint, if it can be. */
  befall(deed: Deed): void {
    const { endpoint } = this.candidate;
    if (deed === 'drain' || deed === 'restore') {
      endpoint[deed]();
      this.isDrained = deed === 'drain';
      if (deed === 'restore') this.#out = undefined;
    } else if (deed === 'begin') {
      if (!this.isFull) this.#begin();
    } else if (this.isFull) this.#end(deed);
  }

  #begin(): void {
    if (this.isTrialDue) this.#out = 'on trial';
    this.candidate.endpoint.attemptStarted();
    this.isFull = true;
  }

  #end(how: End): void {
    this.isFull = false;
    const { endpoint } = this.candidate;
    const now = performance.now();
    if (how === 'cancelled') {
      endpoint.attemptEnded({ outcome: 'cancelled', elapsedMs: 1 });
      if (this.#out === 'on trial') this.#out = now;
    } else if (how === 'refused') {
      const error = new BalancingProxyError('ERR_BRP_CONNECT', 'refused');
      endpoint.attemptEnded({ outcome: 'failed', elapsedMs: 1, error });
      if (typeof this.#out !== 'number') this.#out = now + restMs;
    } else {
      endpoint.attemptEnded({ outcome: 'unusable', elapsedMs: 1 });
      this.#out = undefined;
      if (how === 'told to wait') {
        endpoint.coolDown(restMs);
        this.#coolUntilMs = now + restMs;
      }
    }
  }
}
