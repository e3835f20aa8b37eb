/**
 * Leaving an endpoint out that cannot be reached. Only connection failures count (DNS, refused, connect timeout), because a
 * flaky endpoint that answers 500 now and then still adds to the chance of a good answer, and one that is not there only adds
 * work. Each time the ejection lasts twice as long; after it, one real request is the endpoint's trial.
 */

/** When an endpoint is ejected, and for how long. */
export interface EjectionRules {
  /** Connection failures in a row after which the endpoint is ejected. */
  readonly consecutiveFailures: number;
  /** Milliseconds that the first ejection lasts. */
  readonly baseMs: number;
  /** Milliseconds that an ejection lasts at most. */
  readonly maxMs: number;
}

type State =
  | { readonly kind: 'in'; readonly failures: number }
  | { readonly kind: 'out'; readonly untilMs: number; readonly lastsMs: number }
  | { readonly kind: 'trial'; readonly lastsMs: number };

/** The change that an attempt makes: from now on its endpoint is left out, or taken back. */
export type EjectionChange = 'ejected' | 'restored' | undefined;

/** Whether one endpoint is ejected. Times are those of `performance.now()`. */
export class Ejection {
  readonly #options: EjectionRules | false;
  #state: State = { kind: 'in', failures: 0 };

  /** @param options false never ejects. */
  constructor(options: EjectionRules | false) {
    this.#options = options;
  }

  /** Whether the endpoint is left out. One whose trial is due is not. */
  get isEjected(): boolean {
    return this.#state.kind !== 'in' && !this.isTrialDue;
  }

  /** Whether the ejection is over and no request tries the endpoint yet. */
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

  /** Whether the endpoint is in, out, or on trial. */
  get kind(): State['kind'] {
    return this.#state.kind;
  }

  /** Takes note of an attempt that starts. It is the trial, when one is due. */
  attemptStarted(): void {
    if (this.isTrialDue && this.#state.kind === 'out') this.#state = { kind: 'trial', lastsMs: this.#state.lastsMs };
  }

  /** Takes note that the endpoint was reached, whatever it answered. */
  reached(): EjectionChange {
    const wasOut = this.#state.kind !== 'in';
    if (wasOut || (this.#state.kind === 'in' && this.#state.failures > 0)) this.#state = { kind: 'in', failures: 0 };
    return wasOut ? 'restored' : undefined;
  }

  /** Takes note that the endpoint could not be reached. */
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

  /** Takes note of an attempt that does not tell whether the endpoint is there, so that a trial is due again. */
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
