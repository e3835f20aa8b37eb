import { maxTimerMs } from '../support/timer.ts';

/** For how long, and how often, endpoints are asked again that could not be reached. */
export interface RetryRules {
  /** Milliseconds from the coming of the request after which no further round begins; 0 is no round at all. */
  readonly forMs: number;
  /** Milliseconds from the beginning of one round to that of the next, above 0. */
  readonly everyMs: number;
}

/** The moment in which a round was in vain. Times are in milliseconds. */
export interface VainRound {
  /** Since the coming of the request. */
  readonly elapsedMs: number;
  /** Since the round began. */
  readonly lastedMs: number;
  /** Until an endpoint no longer wants to be left alone. */
  readonly coolingMs: number;
}

/** Milliseconds until the next round; undefined when there is no time for one. */
export function retryWaitMs({ forMs, everyMs }: RetryRules, round: VainRound): number | undefined {
  const waitMs = Math.max(everyMs - round.lastedMs, round.coolingMs, 0);
  const isInTime = forMs > 0 && round.elapsedMs + waitMs <= forMs && waitMs <= maxTimerMs;
  return isInTime ? waitMs : undefined;
}
