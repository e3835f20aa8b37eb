/**
 * Leaving an endpoint out, for one of two causes. `unreachable`: it could not be connected to several times in a row. That concerns
 * every request, because an endpoint that is not there only adds work. `failures`: too large a share of its recent attempts has
 * failed. That concerns only requests that ask one endpoint after the other, because in a race a flaky endpoint that answers 500 now
 * and then still adds to the chance of a good answer. An endpoint may be left out for both at once.
 */

import { Absence, type AbsenceTimes, type EjectionChange } from './absence.ts';
import { type FailureRules, FailureWindow } from './failure-window.ts';
import type { EjectionCause } from './snapshot.ts';

/** When an endpoint is ejected, and for how long. */
export interface EjectionRules extends AbsenceTimes, FailureRules {
  /** Connection failures in a row after which the endpoint is ejected. */
  readonly consecutiveFailures: number;
}

/** An attempt that counts for the share of failures. */
export interface CountedAttempt {
  /** When the attempt started, by `performance.now()`. */
  readonly startedAtMs: number;
  /** Whether its request would have another endpoint to go to; asked only when this one is about to be left out. */
  hasOthers(): boolean;
}

/** Rules by which no endpoint is ever left out. */
const never: EjectionRules = {
  consecutiveFailures: Infinity,
  failureRatio: Infinity,
  minRequests: Infinity,
  baseMs: Infinity,
  maxMs: Infinity,
};

/** How an endpoint stands with requests of a kind. */
type Standing = Pick<Absence, 'isEjected' | 'isTrialDue'>;

/** Whether one endpoint is ejected. Times are those of `performance.now()`. */
export class Ejection {
  readonly #consecutiveFailures: number;
  readonly #unreachable: Absence;
  readonly #failing: Absence;
  readonly #window: FailureWindow | undefined;
  #connectFailures = 0;
  /** When the endpoint was last left out or taken back because of its share of failures. */
  #judgedSinceMs = 0;

  /** @param rules false never ejects. */
  constructor(rules: EjectionRules | false) {
    const { consecutiveFailures, failureRatio, minRequests, ...times } = rules || never;
    this.#consecutiveFailures = consecutiveFailures;
    this.#unreachable = new Absence(times);
    this.#failing = new Absence(times);
    this.#window = failureRatio === Infinity ? undefined : new FailureWindow({ failureRatio, minRequests });
  }

  /** Whether the endpoint is left out by requests that ask one after the other. One whose trial is due is not. */
  get isEjected(): boolean {
    return this.#unreachable.isEjected || this.#failing.isEjected;
  }

  /** Whether the ejection is over and no request tries the endpoint yet. */
  get isTrialDue(): boolean {
    return !this.isEjected && (this.#unreachable.isTrialDue || this.#failing.isTrialDue);
  }

  /** Milliseconds until the trial, for people. */
  get remainingMs(): number {
    return Math.max(this.#unreachable.remainingMs, this.#failing.remainingMs);
  }

  /** Milliseconds that the ejection lasts in all; 0 when the endpoint is not left out. */
  get lastsMs(): number {
    const { lastsMs } = this.#unreachable;
    return lastsMs > 0 ? Math.max(lastsMs, this.#failing.remainingMs) : this.#failing.lastsMs;
  }

  /** Whether the endpoint is in, out, or on trial. */
  get kind(): Absence['kind'] {
    const [one, other] = [this.#unreachable.kind, this.#failing.kind];
    return one === 'trial' || other === 'in' ? one : other;
  }

  /** Why the endpoint is not in; undefined when it is. One that cannot be reached does not fail in any other way for now. */
  get cause(): EjectionCause | undefined {
    if (this.#unreachable.kind !== 'in') return 'unreachable';
    return this.#failing.kind === 'in' ? undefined : 'failures';
  }

  /** How the endpoint stands with a race, or with requests that ask one after the other. */
  standingIn(isRace: boolean): Standing {
    return isRace ? this.#unreachable : this;
  }

  /** Takes note of an attempt that starts. It is the trial, when one is due. @param isCounted whether it counts for the share of failures. */
  attemptStarted(isCounted = false): void {
    this.#unreachable.beginTrial();
    if (isCounted) this.#failing.beginTrial();
  }

  /** Takes note that the endpoint could not be reached, with which no trial is passed. */
  notReached(counted?: CountedAttempt): EjectionChange {
    const change = this.#connectFailed();
    const isTrial = this.#failing.kind === 'trial' && this.#tells(counted);
    return this.#changeBy(change, isTrial ? this.#judgeAnew(this.#failing.begin()) : undefined);
  }

  /** Takes note that the endpoint was reached, by an attempt that tells no more of it. */
  reached(counted?: CountedAttempt): EjectionChange {
    if (this.#tells(counted)) this.#failing.repeatTrial();
    return this.#changeBy(this.#connected(), undefined);
  }

  /** Takes note of a usable response. */
  succeeded(counted?: CountedAttempt): EjectionChange {
    return this.#changeBy(this.#connected(), this.#tells(counted) ? this.#didWell() : undefined);
  }

  /** Takes note of a failure of an endpoint that was reached. */
  failed(counted?: CountedAttempt): EjectionChange {
    return this.#changeBy(this.#connected(), this.#tells(counted) ? this.#didBadly(counted) : undefined);
  }

  /** Takes note of an attempt that tells nothing of the endpoint, so that a trial is due again. */
  unknown(counted?: CountedAttempt): EjectionChange {
    this.#unreachable.repeatTrial();
    if (this.#tells(counted)) this.#failing.repeatTrial();
    return undefined;
  }

  /** Takes the endpoint back, whatever it was left out for. */
  restore(): EjectionChange {
    return this.#changeBy(this.#connected(), this.#judgeAnew(this.#failing.end()));
  }

  /** Whether an attempt tells how the endpoint does now. One that had started before the latest change, tells how it did. */
  #tells(counted: CountedAttempt | undefined): counted is CountedAttempt {
    return counted !== undefined && counted.startedAtMs >= this.#judgedSinceMs;
  }

  #connectFailed(): EjectionChange {
    const { kind } = this.#unreachable;
    if (kind === 'out' || (kind === 'in' && ++this.#connectFailures < this.#consecutiveFailures)) return undefined;
    this.#window?.reset();
    return this.#unreachable.begin();
  }

  #connected(): EjectionChange {
    this.#connectFailures = 0;
    return this.#unreachable.end();
  }

  #didWell(): EjectionChange {
    if (this.#failing.kind !== 'in') return this.#judgeAnew(this.#failing.end());
    this.#window?.count(false);
    return undefined;
  }

  #didBadly(counted: CountedAttempt): EjectionChange {
    if (this.#failing.kind === 'in') {
      this.#window?.count(true);
      if (!this.#window?.isTooMuch || !counted.hasOthers()) return undefined;
    }
    return this.#judgeAnew(this.#failing.begin());
  }

  /** Counts anew from a change on. */
  #judgeAnew(change: EjectionChange): EjectionChange {
    if (change) this.#judgedSinceMs = performance.now();
    if (change) this.#window?.reset();
    return change;
  }

  /** The change in all: an endpoint is back when it is left out for nothing any more. */
  #changeBy(one: EjectionChange, other: EjectionChange): EjectionChange {
    if (one === 'ejected' || other === 'ejected') return 'ejected';
    return this.kind === 'in' ? (one ?? other) : undefined;
  }
}
