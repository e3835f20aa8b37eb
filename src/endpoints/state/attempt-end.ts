import {
  type AttemptOutcome,
  type BalancingProxyError,
  isConnectFailure,
  isOwnFault,
  isSuccess,
} from '../../errors.ts';
import type { CountedAttempt } from './ejection.ts';

/** How an attempt ended, as far as the endpoint's state is concerned. */
export interface AttemptEnd {
  /** The outcome of the attempt. */
  readonly outcome: AttemptOutcome;
  /** From the start of the attempt to the usable response, or to its end. */
  readonly elapsedMs: number;
  /** Why the attempt failed. */
  readonly error?: BalancingProxyError | undefined;
  /**
   * The attempt, if it counts for the share of failures by which its endpoint is left out.
   * @default it does not count
   */
  readonly counted?: CountedAttempt | undefined;
}

/** The one thing that an attempt's end tells of its endpoint, by the name of the method of `Ejection` that takes note of it. */
type Finding = 'unknown' | 'notReached' | 'reached' | 'failed' | 'succeeded';

/** Finds out what an attempt's end tells of its endpoint. */
export function findingOf({ outcome, error }: AttemptEnd): Finding {
  // A function of the user may have thrown before the endpoint was asked.
  if (outcome === 'cancelled' || error?.code === 'ERR_BRP_HOOK' || (error && isOwnFault(error))) return 'unknown';
  if (error && isConnectFailure(error)) return 'notReached';
  if (isSuccess(outcome)) return 'succeeded';
  return outcome !== 'failed' || isBadAnswer(error) ? 'failed' : 'reached';
}

/**
 * Whether an endpoint that was reached gave no answer, or half of one, or nonsense. An endpoint that crashes within every request is
 * neither unreachable nor answers with a bad status, and is as little use as one that does.
 */
function isBadAnswer(error: BalancingProxyError | undefined): boolean {
  return error?.code === 'ERR_BRP_CONNECTION_LOST' || error?.code === 'ERR_BRP_BAD_RESPONSE';
}
