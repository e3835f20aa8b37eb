import { isOwnFault, isSuccess } from '../../errors.ts';
import type { LearnedTimes } from '../../race/delay.ts';
import type { EndpointAddress } from '../place/address.ts';
import type { EjectionChange } from './absence.ts';
import { AttemptCounts } from './attempt-counts.ts';
import { type AttemptEnd, findingOf } from './attempt-end.ts';
import { Ejection, type EjectionRules } from './ejection.ts';
import { Health } from './health.ts';
import { LatencyWindow } from './latency.ts';
import type { EndpointSnapshot, EndpointState } from './snapshot.ts';

/** The options that concern the state of an endpoint. */
export interface EndpointSettings {
  /** When the endpoint is ejected; false is never. */
  readonly ejection: EjectionRules | false;
  /** Most attempts and responses under way at one endpoint, or Infinity. */
  readonly maxInFlight: number;
  /** The hedge delay in milliseconds at an endpoint whose responses took so long, or Infinity. */
  hedgeDelayMs(latency: LearnedTimes): number;
}

/** A server that requests are forwarded to, with its state, which outlives requests. */
export class Endpoint {
  /** Where the endpoint is, as it was first given. */
  readonly address: EndpointAddress;
  /** How long its usable responses took. */
  readonly latency = new LatencyWindow();
  /** Whether it is left out because it cannot be reached, or fails too often. */
  readonly ejection: Ejection;
  /** The group of endpoints that it was last given in, for people to see; a function may give another one with each request. */
  tier = 0;
  /** Most attempts and responses under way, or Infinity; a function may give another limit with each request. */
  maxInFlight: number;
  readonly #hedgeDelayMs: EndpointSettings['hedgeDelayMs'];
  readonly #health = new Health();
  readonly #counts = new AttemptCounts();
  #inFlight = 0;
  #coolUntilMs = 0;
  #isDrained = false;
  #lastStartedAtMs = performance.now();

  constructor(address: EndpointAddress, { ejection, hedgeDelayMs, maxInFlight }: EndpointSettings) {
    this.address = address;
    this.ejection = new Ejection(ejection);
    this.#hedgeDelayMs = hedgeDelayMs;
    this.maxInFlight = maxInFlight;
  }

  /** The name in logs, events, errors and snapshots. */
  get name(): string {
    return this.address.name;
  }

  /** Attempts under way, and responses that are sent or kept. */
  get inFlight(): number {
    return this.#inFlight;
  }

  /** Whether the endpoint has as many attempts under way as it may. */
  get isFull(): boolean {
    return this.#inFlight >= this.maxInFlight;
  }

  /** Whether an attempt may start. To be asked when it would, because the endpoint may have been drained since its request came. */
  get mayBeAsked(): boolean {
    return !this.#isDrained && !this.isFull;
  }

  /** When the last attempt started, by `performance.now()`; without any, when the state began. */
  get lastStartedAtMs(): number {
    return this.#lastStartedAtMs;
  }

  /** Whether an operator wants the endpoint to be left out. */
  get isDrained(): boolean {
    return this.#isDrained;
  }

  /** Whether the endpoint wants to be left alone. */
  get isCooling(): boolean {
    return this.coolingMs > 0;
  }

  /** Milliseconds for which the endpoint still wants to be left alone; 0 when it does not. */
  get coolingMs(): number {
    return this.#coolUntilMs > 0 ? Math.max(0, this.#coolUntilMs - performance.now()) : 0;
  }

  /** Whether requests can count on the endpoint, with no trial that is still to be passed. */
  get isAvailable(): boolean {
    return !this.#isDrained && this.ejection.kind === 'in' && !this.isCooling;
  }

  /** How long a request may expect to wait here, for comparison only; undefined while too little is known. */
  get expectedMs(): number | undefined {
    const median = this.latency.percentileMs(50);
    return median === undefined ? undefined : (median * (this.#inFlight + 1)) / Math.max(this.#health.ratio, 0.01);
  }

  /** Takes note of an attempt that starts. @param isCounted whether it counts for the share of failures, and may be the trial of one. */
  attemptStarted(isCounted = false): void {
    this.#inFlight++;
    this.#lastStartedAtMs = performance.now();
    this.ejection.attemptStarted(isCounted);
  }

  /** Takes note of an attempt that has ended. @returns whether the endpoint is left out or taken back from now on. */
  attemptEnded(end: AttemptEnd): EjectionChange {
    this.#inFlight--;
    if (!(end.error && isOwnFault(end.error))) this.#learn(end);
    const change = this.ejection[findingOf(end)](end.counted);
    // A drained endpoint stays drained until `restore()`, whatever an attempt finds out.
    return this.#isDrained ? undefined : change;
  }

  /** Takes note of a response that is sent or kept, which keeps the endpoint as busy as the attempt did. */
  responseStarted(): void {
    this.#inFlight++;
  }

  /** Takes note of the end of such a response. */
  responseEnded(): void {
    this.#inFlight--;
  }

  /** Takes note of a response that broke off after its attempt had succeeded. */
  brokeOff(): void {
    this.#health.count(false);
  }

  /** Takes note of the milliseconds for which the endpoint wants to be left alone (Retry-After). */
  coolDown(ms: number): void {
    this.#coolUntilMs = Math.max(this.#coolUntilMs, performance.now() + ms);
  }

  /** Leaves the endpoint out until it is restored; attempts under way go on. @returns whether that is new. */
  drain(): boolean {
    const isNew = !this.#isDrained;
    this.#isDrained = true;
    return isNew;
  }

  /** Takes the endpoint back. @returns whether it was drained or ejected. */
  restore(): boolean {
    const wasDrained = this.#isDrained;
    this.#isDrained = false;
    return this.ejection.restore() === 'restored' || wasDrained;
  }

  /** The state for people and dashboards. */
  snapshot(): EndpointSnapshot {
    const { state } = this;
    return {
      name: this.name,
      tier: this.tier,
      state,
      backInMs: this.#backInMs(state),
      ejectionCause: state === 'ejected' || state === 'trial' ? this.ejection.cause : undefined,
      inFlight: this.#inFlight,
      ...this.#counts.totals,
      healthRatio: this.#health.ratio,
      latencyMs: this.latency.summary(),
      latencyCount: this.latency.count,
    };
  }

  /** Whether the endpoint is asked. */
  get state(): EndpointState {
    if (this.#isDrained) return 'drained';
    if (this.ejection.kind === 'trial') return 'trial';
    if (this.ejection.isEjected) return 'ejected';
    return this.isCooling ? 'cooling' : 'available';
  }

  #backInMs(state: EndpointState): number {
    if (state === 'drained') return 0;
    return state === 'cooling' ? this.coolingMs : this.ejection.remainingMs;
  }

  #learn({ outcome, elapsedMs }: AttemptEnd): void {
    this.#counts.count(outcome);
    if (outcome !== 'cancelled') this.#health.count(isSuccess(outcome));
    if (isSuccess(outcome)) this.latency.record(elapsedMs);
    if (outcome === 'cancelled') this.latency.recordAtLeast(elapsedMs, this.#hedgeDelayMs(this.latency));
  }
}
