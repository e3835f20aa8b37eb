/** How long an endpoint is left out. */
export interface AbsenceTimes {
  /** Milliseconds that the first ejection lasts. */
  readonly baseMs: number;
  /** Milliseconds that an ejection lasts at most. */
  readonly maxMs: number;
}

type State =
  | { readonly kind: 'in' }
  | { readonly kind: 'out'; readonly untilMs: number; readonly lastsMs: number }
  | { readonly kind: 'trial'; readonly lastsMs: number };

/** The change that an attempt makes: from now on its endpoint is left out, or taken back. */
export type EjectionChange = 'ejected' | 'restored' | undefined;

/**
 * Whether an endpoint is left out for one cause. When the time is over, one real request is the endpoint's trial; each time that the
 * trial fails, the endpoint is left out for twice as long. Times are those of `performance.now()`.
 */
export class Absence {
  readonly #times: AbsenceTimes;
  #state: State = { kind: 'in' };

  constructor(times: AbsenceTimes) {
    this.#times = times;
  }

  /** Whether the endpoint is left out. One whose trial is due is not. */
  get isEjected(): boolean {
    return this.#state.kind !== 'in' && !this.isTrialDue;
  }

  /** Whether the time is over and no request tries the endpoint yet. */
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

  /** Leaves the endpoint out, after a trial for twice as long as before; one that is out already, no longer. */
  begin(): EjectionChange {
    const { baseMs, maxMs } = this.#times;
    if (this.#state.kind === 'out') return undefined;
    const lastsMs = Math.min(this.#state.kind === 'trial' ? this.#state.lastsMs * 2 : baseMs, maxMs);
    this.#state = { kind: 'out', untilMs: performance.now() + lastsMs, lastsMs };
    return 'ejected';
  }

  /** Begins the trial, when it is due. */
  beginTrial(): void {
    if (this.isTrialDue && this.#state.kind === 'out') this.#state = { kind: 'trial', lastsMs: this.#state.lastsMs };
  }

  /** Takes note that the trial tells nothing, so that it is due again. */
  repeatTrial(): void {
    if (this.#state.kind === 'trial') {
      this.#state = { kind: 'out', untilMs: performance.now(), lastsMs: this.#state.lastsMs };
    }
  }

  /** Takes the endpoint back. */
  end(): EjectionChange {
    if (this.#state.kind === 'in') return undefined;
    this.#state = { kind: 'in' };
    return 'restored';
  }
}
