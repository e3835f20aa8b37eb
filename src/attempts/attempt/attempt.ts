import type { Candidate } from '../../endpoints/candidate.ts';
import type { AttemptEnd } from '../../endpoints/state/attempt-end.ts';
import { type BalancingProxyError, isSuccess } from '../../errors.ts';
import type { AttemptReport, BodyBreak } from '../../events/events.ts';
import type { AttemptReason } from '../../race/rules.ts';

/** The start of an attempt. */
interface AttemptStart extends Pick<Attempt, 'candidate' | 'reason' | 'number'> {
  /** As `SentAttempt.peers`. */
  readonly peers?: readonly Candidate[] | undefined;
  /** When the request came, by `performance.now()`. */
  readonly requestStartedAt: number;
}

/** The end of an attempt. */
export interface AttemptEnding extends Omit<AttemptEnd, 'elapsedMs'> {
  /** Bytes of its response's body that were read for nobody. @default 0 */
  readonly discardedBytes?: number;
  /** Whether its response could win at once. @default true */
  readonly isPreferred?: boolean;
}

/** The head of an attempt's response. */
interface Head {
  readonly status: number;
  /** Milliseconds from the start of the attempt. */
  readonly afterMs: number;
}

/** How far an attempt has come. Each state keeps the facts of the states before. */
type State =
  | { readonly kind: 'asked'; readonly head?: never; readonly usableAfterMs?: never }
  | { readonly kind: 'answered'; readonly head: Head; readonly usableAfterMs?: never }
  | { readonly kind: 'usable'; readonly head: Head; readonly usableAfterMs: number }
  | {
      readonly kind: 'ended';
      readonly head: Head | undefined;
      readonly usableAfterMs: number | undefined;
      readonly durationMs: number;
      readonly ending: AttemptEnding;
      readonly brokeOff?: BodyBreak;
    };

const asked: State = { kind: 'asked' };

/** The record of one try of one request at one endpoint. A step that comes too late for the state changes nothing. */
export class Attempt {
  /** The endpoint, and where it is for this request. */
  readonly candidate: Candidate;
  /** Why the attempt started. */
  readonly reason: AttemptReason;
  /** Counts the attempts of a request, from 1. */
  readonly number: number;
  /** When the attempt started, by `performance.now()`. */
  readonly startedAtMs = performance.now();
  readonly #requestStartedAt: number;
  readonly #peers: readonly Candidate[] | undefined;
  #state: State = asked;

  constructor({ candidate, reason, number, peers, requestStartedAt }: AttemptStart) {
    this.candidate = candidate;
    this.reason = reason;
    this.number = number;
    this.#requestStartedAt = requestStartedAt;
    this.#peers = reason === 'retry' ? undefined : peers;
  }

  /** The endpoint's name. */
  get name(): string {
    return this.candidate.endpoint.name;
  }

  /** Whether its end counts for the share of failures by which its endpoint is left out. */
  get isCounted(): boolean {
    return this.#peers !== undefined;
  }

  /** Whether the request may count on another endpoint than this one. */
  hasOthers(): boolean {
    const { endpoint } = this.candidate;
    return this.#peers?.some((peer) => peer.endpoint !== endpoint && peer.endpoint.isAvailable) ?? false;
  }

  /** Whether the head of a response has come. */
  get hasHead(): boolean {
    return this.#state.head !== undefined;
  }

  /** Milliseconds from the coming of the request until the response was usable, or, of one that never was, until its head was here. */
  get answeredAfterMs(): number {
    const { head, usableAfterMs = head?.afterMs ?? this.#elapsedMs } = this.#state;
    return this.startedAtMs - this.#requestStartedAt + usableAfterMs;
  }

  /** Whether it has brought nothing that its request wants: it has failed, or its response was not usable or not preferred. */
  get isInVain(): boolean {
    if (this.#state.kind !== 'ended') return false;
    const { outcome, isPreferred = true } = this.#state.ending;
    return outcome !== 'cancelled' && (!isSuccess(outcome) || !isPreferred);
  }

  /** Takes note that the head of the response is here. */
  answered(status: number): void {
    if (this.#state.kind === 'asked') this.#state = { kind: 'answered', head: { status, afterMs: this.#elapsedMs } };
  }

  /** Takes note that the response may win, whether or not its race lets it wait. */
  becameUsable(): void {
    const { kind, head } = this.#state;
    if (kind === 'answered') this.#state = { kind: 'usable', head, usableAfterMs: this.#elapsedMs };
  }

  /**
   * Ends the attempt, once.
   * @returns milliseconds from the start until the response was usable, or else until now; undefined when the attempt had ended before.
   */
  end(ending: AttemptEnding): number | undefined {
    const { kind, head, usableAfterMs } = this.#state;
    if (kind === 'ended') return undefined;
    const durationMs = this.#elapsedMs;
    this.#state = { kind: 'ended', head, usableAfterMs, durationMs, ending };
    return usableAfterMs ?? durationMs;
  }

  /**
   * Takes note that the body broke off while the client was being given it, whether or not that is mended. The outcome stays.
   * @param atByte bytes of the whole body that the client has, those of the attempts before included.
   */
  brokeOff(error: BalancingProxyError, atByte: number): void {
    const state = this.#state;
    if (state.kind !== 'ended') return;
    const { ending } = state;
    this.#state = { ...state, ending: { ...ending, error }, brokeOff: { afterMs: this.#elapsedMs, atByte } };
  }

  /** How the attempt went so far; `pending` while it is under way. */
  report(): AttemptReport {
    const state = this.#state;
    const { durationMs, ending } = state.kind === 'ended' ? state : { durationMs: this.#elapsedMs };
    const { outcome = 'pending', error, discardedBytes = 0 } = ending ?? {};
    const brokeOff = state.kind === 'ended' ? state.brokeOff : undefined;
    return {
      endpoint: this.name,
      reason: this.reason,
      ...(state.head && { status: state.head.status, headAfterMs: state.head.afterMs }),
      startedAfterMs: this.startedAtMs - this.#requestStartedAt,
      outcome,
      durationMs,
      // A cancelled attempt was ended by us, which is no fault to report.
      ...(error && outcome !== 'cancelled' && { error }),
      discardedBytes,
      ...(brokeOff && { brokeOff }),
    };
  }

  get #elapsedMs(): number {
    return performance.now() - this.startedAtMs;
  }
}
