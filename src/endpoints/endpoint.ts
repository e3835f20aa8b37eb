import type { AttemptOutcome, BalancingProxyError } from '../errors.ts';
import { isConnectFailure, isOwnFault } from '../errors.ts';
import { type HedgeDelayOptions, hedgeDelayMs } from '../race/delay.ts';
import type { EndpointAddress } from './address.ts';
import { Ejection, type EjectionChange, type EjectionRules } from './ejection.ts';
import { LatencyWindow } from './latency.ts';
import type { EndpointSnapshot, EndpointState } from './snapshot.ts';

export interface EndpointSettings {
  readonly ejection: EjectionRules | false;
  /** When hedges start. */
  readonly hedge: HedgeDelayOptions;
  /** Most attempts and responses under way at one endpoint, or Infinity. */
  readonly maxInFlight: number;
}

/** How an attempt ended, as far as the endpoint's state is concerned. */
export interface AttemptEnd {
  readonly outcome: AttemptOutcome;
  /** From the start of the attempt to the usable response, or to its end. */
  readonly elapsedMs: number;
  readonly error?: BalancingProxyError | undefined;
}

/** One attempt moves the health by this share of the way to 0 or 1. */
const healthWeight = 1 / 16;

/** A server that requests are forwarded to, with what is known of it; made once and kept. */
export class Endpoint {
  readonly address: EndpointAddress;
  readonly latency = new LatencyWindow();
  readonly ejection: Ejection;
  readonly #hedge: HedgeDelayOptions;
  readonly #maxInFlight: number;
  readonly #counts = { successes: 0, wins: 0, failures: 0, timeouts: 0, cancelled: 0 };
  #inFlight = 0;
  #healthRatio = 1;
  #coolUntilMs = 0;
  #isDrained = false;
  #lastStartedAtMs = performance.now();

  constructor(address: EndpointAddress, { ejection, hedge, maxInFlight }: EndpointSettings) {
    this.address = address;
    this.ejection = new Ejection(ejection);
    this.#hedge = hedge;
    this.#maxInFlight = maxInFlight;
  }

  get name(): string {
    return this.address.name;
  }

  get inFlight(): number {
    return this.#inFlight;
  }

  /** Whether it has as many attempts under way as it may. */
  get isFull(): boolean {
    return this.#inFlight >= this.#maxInFlight;
  }

  /** Whether an attempt may start now; to be asked at that moment, because it may have been drained since its request came. */
  get mayBeAsked(): boolean {
    return !this.#isDrained && !this.isFull;
  }

  /** When the last attempt started, by `performance.now()`; without any, when the state began. */
  get lastStartedAtMs(): number {
    return this.#lastStartedAtMs;
  }

  /** Whether somebody wants it to be left out. */
  get isDrained(): boolean {
    return this.#isDrained;
  }

  get isCooling(): boolean {
    return this.#coolUntilMs > 0 && performance.now() < this.#coolUntilMs;
  }

  /** What a request may expect to wait here, for comparison only; undefined while too little is known. */
  get expectedMs(): number | undefined {
    const median = this.latency.percentileMs(50);
    return median === undefined ? undefined : (median * (this.#inFlight + 1)) / Math.max(this.#healthRatio, 0.01);
  }

  attemptStarted(): void {
    this.#inFlight++;
    this.#lastStartedAtMs = performance.now();
    this.ejection.attemptStarted();
  }

  /** @returns whether the endpoint is left out or taken back from now on. */
  attemptEnded({ outcome, elapsedMs, error }: AttemptEnd): EjectionChange {
    this.#inFlight--;
    if (error && isOwnFault(error)) {
      this.ejection.unknown();
      return undefined;
    }
    this.#count(outcome);
    if (outcome === 'won' || outcome === 'lost') this.latency.record(elapsedMs);
    if (outcome === 'cancelled') this.latency.recordAtLeast(elapsedMs, hedgeDelayMs(this.#hedge, this.latency));
    // A function of the user may have thrown before the endpoint was asked.
    if (outcome === 'cancelled' || error?.code === 'ERR_BRP_HOOK') {
      this.ejection.unknown();
      return undefined;
    }
    const change = error && isConnectFailure(error) ? this.ejection.notReached() : this.ejection.reached();
    // It stays drained, whatever is found out meanwhile; that it is back is for `restore` to say.
    return this.#isDrained ? undefined : change;
  }

  /** The response of an attempt is on its way to the client, which keeps the endpoint as busy as the attempt did. */
  responseStarted(): void {
    this.#inFlight++;
  }

  responseEnded(): void {
    this.#inFlight--;
  }

  /** Takes the endpoint's word (Retry-After) that it wants to be left alone. */
  coolDown(ms: number): void {
    this.#coolUntilMs = Math.max(this.#coolUntilMs, performance.now() + ms);
  }

  /** Leaves the endpoint out until it is restored; what is under way goes on. @returns whether that is new. */
  drain(): boolean {
    const isNew = !this.#isDrained;
    this.#isDrained = true;
    return isNew;
  }

  /** Takes the endpoint back, whether it was drained or ejected. @returns whether it was. */
  restore(): boolean {
    const wasDrained = this.#isDrained;
    this.#isDrained = false;
    return this.ejection.reached() === 'restored' || wasDrained;
  }

  snapshot(): EndpointSnapshot {
    const { state } = this;
    return {
      name: this.name,
      state,
      backInMs: this.#backInMs(state),
      inFlight: this.#inFlight,
      ...this.#counts,
      healthRatio: this.#healthRatio,
      latencyMs: this.latency.summary(),
    };
  }

  get state(): EndpointState {
    if (this.#isDrained) return 'drained';
    if (this.ejection.kind === 'trial') return 'trial';
    if (this.ejection.isEjected) return 'ejected';
    return this.isCooling ? 'cooling' : 'available';
  }

  #backInMs(state: EndpointState): number {
    if (state === 'drained') return 0;
    return state === 'cooling' ? this.#coolUntilMs - performance.now() : this.ejection.remainingMs;
  }

  #count(outcome: AttemptOutcome): void {
    const counts = this.#counts;
    if (outcome === 'cancelled') {
      counts.cancelled++;
      return;
    }
    const isSuccess = outcome === 'won' || outcome === 'lost';
    if (outcome === 'won') counts.wins++;
    if (outcome === 'timed-out') counts.timeouts++;
    if (isSuccess) counts.successes++;
    else counts.failures++;
    this.#healthRatio += ((isSuccess ? 1 : 0) - this.#healthRatio) * healthWeight;
  }
}
