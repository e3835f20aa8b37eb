/**
 * Leaving an endpoint out that cannot be reached. Only connection failures count (DNS, refused, connect timeout): a
 * flaky endpoint that answers 500 now and then still adds to the chance of a good answer, one that is not there only
 * adds work. The time it is left out doubles; after it, one real request is its trial.
 */
export interface EjectionRules {
  /** Connection failures in a row. */
  readonly consecutiveFailures: number;
  /** Milliseconds that the first ejection lasts. */
  readonly baseMs: number;
  /** Milliseconds that one lasts at most. */
  readonly maxMs: number;
}

type State =
  | { readonly kind: 'in'; readonly failures: number }
  | { readonly kind: 'out'; readonly untilMs: number; readonly lastsMs: number }
  | { readonly kind: 'trial'; readonly lastsMs: number };

export type EjectionChange = 'ejected' | 'restored' | undefined;

/** The state of one endpoint. Times are those of `performance.now()`. */
export class Ejection {
  readonly #options: EjectionRules | false;
  #state: State = { kind: 'in', failures: 0 };

  constructor(options: EjectionRules | false) {
    this.#options = options;
  }

  /** Whether the endpoint is left out; a due trial is not. */
  get isEjected(): boolean {
    return this.#state.kind !== 'in' && !this.isTrialDue;
  }

  /** Whether the time is over and nobody tries the endpoint yet. */
  get isTrialDue(): boolean {
    return this.#state.kind === 'out' && performance.now() >= this.#state.untilMs;
  }

  /** Milliseconds until the trial, for people. */
  get remainingMs(): number {
    return this.#state.kind === 'out' ? Math.max(0, this.#state.untilMs - performance.now()) : 0;
  }

  /** Milliseconds that the ejection lasts in all; 0 when the endpoint is not left out. */
  get lastsMs(): number {
    return this.#state.kind === 'out' ? this.#state.lastsMs : 0;
  }

  get kind(): State['kind'] {
    return this.#state.kind;
  }

  /** An attempt starts: when a trial was due, this is it. */
  attemptStarted(): void {
    if (this.isTrialDue && this.#state.kind === 'out') this.#state = { kind: 'trial', lastsMs: this.#state.lastsMs };
  }

  /** The endpoint was reached, whatever it said. */
  reached(): EjectionChange {
    const wasOut = this.#state.kind !== 'in';
    if (wasOut || (this.#state.kind === 'in' && this.#state.failures > 0)) this.#state = { kind: 'in', failures: 0 };
    return wasOut ? 'restored' : undefined;
  }

  /** The endpoint could not be reached. */
  notReached(): EjectionChange {
    if (!this.#options) return undefined;
    const { consecutiveFailures, baseMs, maxMs } = this.#options;
    const state = this.#state;
    if (state.kind === 'out') return undefined;
    if (state.kind === 'trial') return this.#eject(Math.min(state.lastsMs * 2, maxMs));
    const failures = state.failures + 1;
    if (failures >= consecutiveFailures) return this.#eject(Math.min(baseMs, maxMs));
    this.#state = { kind: 'in', failures };
    return undefined;
  }

  /** The attempt ended without a word on whether the endpoint is there: a trial is due again. */
  unknown(): void {
    if (this.#state.kind === 'trial') {
      this.#state = { kind: 'out', untilMs: performance.now(), lastsMs: this.#state.lastsMs };
    }
  }

  #eject(lastsMs: number): EjectionChange {
    this.#state = { kind: 'out', untilMs: performance.now() + lastsMs, lastsMs };
    return 'ejected';
  }
}
