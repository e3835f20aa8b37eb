import type { Candidate } from '../../../src/endpoints/candidate.ts';
import { BalancingProxyError } from '../../../src/errors.ts';
import { configuredAt, endpointNamed } from '../candidates.ts';

/** The ways in which an attempt may end, as far as it concerns who is asked. */
export const ends = ['answered', 'refused', 'cancelled', 'told to wait'] as const;

export type End = (typeof ends)[number];

/** All that may happen to an endpoint. */
export const deeds = ['drain', 'restore', 'begin', 'be refused', 'fail too often', ...ends] as const;

export type Deed = (typeof deeds)[number];

/** So long an endpoint is left out or is cooling down. */
export const restMs = 1_000;

const ejection = { consecutiveFailures: 1, failureRatio: 1, minRequests: 1, baseMs: restMs, maxMs: restMs };

/** An endpoint that may have one attempt at a time, with what is known of it by what has happened, and not by its own account. */
export class KnownEndpoint {
  readonly candidate: Candidate;
  isDrained = false;
  isFull = false;
  readonly #isRace: boolean;
  #coolUntilMs = 0;
  /** When an endpoint that could not be reached is tried again. */
  #unreachable: number | 'on trial' | undefined;
  /** When one that has failed too often is, of which a race takes no note. */
  #failing: number | undefined;

  /** @param isRace whether those who ask the endpoint ask all at once. */
  constructor(name: string, tier: number, isRace: boolean) {
    this.#isRace = isRace;
    const endpoint = endpointNamed(name, { ejection, maxInFlight: 1 });
    this.candidate = { ...configuredAt(name), tier, endpoint };
  }

  get isCooling(): boolean {
    return performance.now() < this.#coolUntilMs;
  }

  get isTrialDue(): boolean {
    return !this.isEjected && this.#outs.length > 0;
  }

  get isEjected(): boolean {
    return this.#outs.some((one) => one === 'on trial' || performance.now() < one);
  }

  get #outs(): ReadonlyArray<number | 'on trial'> {
    const outs = this.#isRace ? [this.#unreachable] : [this.#unreachable, this.#failing];
    return outs.filter((one) => one !== undefined);
  }

  /** Does something to the endpoint, if it can be. */
  befall(deed: Deed): void {
    const { endpoint } = this.candidate;
    if (deed === 'drain' || deed === 'restore') {
      endpoint[deed]();
      this.isDrained = deed === 'drain';
      if (deed === 'restore') this.#unreachable = this.#failing = undefined;
    } else if (deed === 'begin') {
      if (!this.isFull) this.#begin();
    } else if (deed === 'be refused') {
      this.befall('begin');
      this.befall('refused');
    } else if (deed === 'fail too often') {
      if (!this.isFull) this.#failTooOften();
    } else if (this.isFull) this.#end(deed);
  }

  #begin(): void {
    if (typeof this.#unreachable === 'number' && performance.now() >= this.#unreachable) this.#unreachable = 'on trial';
    this.candidate.endpoint.attemptStarted();
    this.isFull = true;
  }

  #end(how: End): void {
    this.isFull = false;
    const { endpoint } = this.candidate;
    const now = performance.now();
    if (how === 'cancelled') {
      endpoint.attemptEnded({ outcome: 'cancelled', elapsedMs: 1 });
      if (this.#unreachable === 'on trial') this.#unreachable = now;
    } else if (how === 'refused') {
      const error = new BalancingProxyError('ERR_BRP_CONNECT', 'refused');
      endpoint.attemptEnded({ outcome: 'failed', elapsedMs: 1, error });
      if (typeof this.#unreachable !== 'number') this.#unreachable = now + restMs;
    } else {
      endpoint.attemptEnded({ outcome: 'unusable', elapsedMs: 1 });
      this.#unreachable = undefined;
      if (how === 'told to wait') {
        endpoint.coolDown(restMs);
        this.#coolUntilMs = now + restMs;
      }
    }
  }

  #failTooOften(): void {
    const now = performance.now();
    const { endpoint } = this.candidate;
    endpoint.attemptStarted(true);
    endpoint.attemptEnded({ outcome: 'unusable', elapsedMs: 1, counted: { startedAtMs: now, hasOthers: () => true } });
    this.#unreachable = undefined;
    if (this.#failing === undefined || now >= this.#failing) this.#failing = now + restMs;
  }
}
