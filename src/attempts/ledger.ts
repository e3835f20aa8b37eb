import type { Candidate } from '../endpoints/candidate.ts';
import { type AttemptOutcome, type BalancingProxyError, isTimeout } from '../errors.ts';
import type { AttemptReport } from '../events/events.ts';
import type { Reporter } from '../events/reporter.ts';
import type { Arrival, AttemptReason } from '../race/rules.ts';
import { settleStacks } from '../support/stack.ts';
import { responseBrokenOff } from '../transports/message/response-body.ts';
import { Attempt, type AttemptEnding } from './attempt/attempt.ts';
import type { JudgedResponse } from './response/judged-response.ts';
import { bytesWhenReleased, conditionOf } from './response/release.ts';
import { type SentAttempt, sendAttempt } from './send-attempt.ts';

/** Makes the attempts of one request and keeps account of them, for the request, its endpoints and its observers. */
export class AttemptLedger {
  readonly #reporter: Reporter;
  readonly #requestStartedAt: number;
  readonly #attempts: Attempt[] = [];
  /** Those whose responses broke off within their holds, the last one last. */
  readonly #broken: Candidate[] = [];
  #openCount = 0;
  #onAllEnded: (() => void) | undefined;

  /** @param requestStartedAt by `performance.now()`. */
  constructor(reporter: Reporter, requestStartedAt: number) {
    this.#reporter = reporter;
    this.#requestStartedAt = requestStartedAt;
  }

  /** Makes one attempt. @throws BalancingProxyError when the attempt fails, which cuts it off for good. */
  make(candidate: Candidate, reason: AttemptReason, settings: SentAttempt): Promise<JudgedResponse> {
    const { outgoing, abort, peers } = settings;
    const number = this.#attempts.length + 1;
    const attempt = new Attempt({ candidate, reason, number, peers, requestStartedAt: this.#requestStartedAt });
    this.#attempts.push(attempt);
    this.#openCount++;
    candidate.endpoint.attemptStarted(attempt.isCounted);
    this.#reporter.attemptStarted(attempt, outgoing.url);
    return sendAttempt(attempt, settings).catch((error: BalancingProxyError) => {
      this.end(attempt, { outcome: outcomeOf(error, abort.signal), error });
      if (attempt.hasHead && error.code === 'ERR_BRP_CONNECTION_LOST') this.#broken.push(candidate);
      abort.abort(error);
      // A client that waits for a restart may see hundreds of attempts fail, whose errors are kept until its request ends.
      if (reason === 'retry') settleStacks(error);
      throw error;
    });
  }

  /** Ends the attempt of a response that did not win. */
  endUnchosen(arrival: Arrival<JudgedResponse>): void {
    this.end(arrival.value.attempt, attemptEndingOf(arrival));
  }

  /** Ends an attempt, unless it has ended before. */
  end(attempt: Attempt, ending: AttemptEnding): void {
    const elapsedMs = attempt.end(ending);
    if (elapsedMs === undefined) return;
    const { outcome, error } = ending;
    const counted = attempt.isCounted ? attempt : undefined;
    const change = attempt.candidate.endpoint.attemptEnded({ outcome, error, elapsedMs, counted });
    this.#reporter.attemptEnded(attempt, change);
    if (--this.#openCount === 0) this.#onAllEnded?.();
  }

  /**
   * Takes note that the body of an attempt broke off while the client was being given it.
   * @param atByte bytes of the whole body that the client has.
   */
  brokeOff(attempt: Attempt, error: BalancingProxyError, atByte: number): void {
    attempt.brokeOff(error, atByte);
    attempt.candidate.endpoint.brokeOff();
  }

  /** Ends every attempt that is under way. */
  cancel(): void {
    for (const attempt of this.#attempts) this.end(attempt, { outcome: 'cancelled' });
  }

  /** Calls back once, as soon as no attempt is under way, which may be at once. To be called when no further one will be made. */
  whenAllEnded(callback: () => void): void {
    if (this.#openCount === 0) callback();
    else this.#onAllEnded = callback;
  }

  /**
   * The candidates of all attempts, the last one last, if each of them broke off within a body while it was held, so that the client was
   * given nothing; none when anybody did anything else.
   */
  brokenCandidates(): readonly Candidate[] {
    return this.#broken.length === this.#attempts.length ? [...this.#broken] : [];
  }

  /** The candidates of which an attempt was in vain: asked again within the same request, they would hardly do better. */
  candidatesInVain(): readonly Candidate[] {
    return this.#attempts.filter(({ isInVain }) => isInVain).map(({ candidate }) => candidate);
  }

  /** The number of attempts so far. */
  get count(): number {
    return this.#attempts.length;
  }

  /** How each attempt went so far, in the order of their starts. @param before how many of the first ones are left out. */
  reports(before = 0): readonly AttemptReport[] {
    return this.#attempts.slice(before).map((attempt) => attempt.report());
  }
}

function outcomeOf(error: BalancingProxyError, signal: AbortSignal): AttemptOutcome {
  if (isTimeout(error)) return 'timed-out';
  return signal.aborted ? 'cancelled' : 'failed';
}

function attemptEndingOf({ value, abort }: Arrival<JudgedResponse>): AttemptEnding {
  const discardedBytes = bytesWhenReleased(value);
  if (!value.isUsable) return { outcome: 'unusable', discardedBytes };
  const hasBroken = !abort.signal.aborted && conditionOf(value) === 'broken';
  if (hasBroken) return { outcome: 'failed', error: responseBrokenOff(undefined), discardedBytes };
  return { outcome: 'lost', discardedBytes, isPreferred: value.isPreferred };
}
