import type { AttemptOptions } from '../attempts/attempt/attempt-settings.ts';
import type { OutgoingRequest } from '../attempts/request/outgoing.ts';
import type { JudgedResponse } from '../attempts/response/judged-response.ts';
import { conditionOf } from '../attempts/response/release.ts';
import type { SentAttempt } from '../attempts/send-attempt.ts';
import type { Candidate } from '../endpoints/pool.ts';
import type { AttemptReason, RaceOptions } from '../race/rules.ts';
import type { Pace } from '../race/strategies/rules.ts';
import type { ProxiedRequest } from './proxied-request.ts';

/** One question to several endpoints. */
export interface Contest {
  /** The request that goes out. */
  readonly outgoing: OutgoingRequest;
  /** The endpoints that may be asked, best first. */
  readonly candidates: Iterable<Candidate>;
  /** How the attempts follow one another. */
  readonly pace: Pace;
  /**
   * Why every attempt starts.
   * @default as the race says
   */
  readonly reason?: AttemptReason;
  /** How responses are examined. @default as those that may win */
  readonly examination?: SentAttempt['examination'];
  /** The options; times in milliseconds, or Infinity. */
  readonly config: AttemptOptions & { readonly preferGraceMs: number; readonly loserGraceMs: number };
}

/**
 * The race for a request. Its functions hold the request's body, so that they are made in a function of their own: the body can
 * be forgotten with them while the response is still streamed.
 */
export function raceFor(
  { req, ledger, signal, discard }: ProxiedRequest,
  { outgoing, candidates, pace, config, reason: always, examination }: Contest,
): RaceOptions<Candidate, JudgedResponse> {
  return {
    ...pace,
    candidates,
    signal,
    mayStart: ({ endpoint }) => endpoint.mayBeAsked,
    start: (candidate, abort, reason) =>
      ledger.make(candidate, always ?? reason, { req, outgoing, config, abort, ...(examination && { examination }) }),
    isUsable: (response) => response.isUsable,
    isPreferred: (response) => response.isPreferred,
    preferGraceMs: config.preferGraceMs,
    loserGraceMs: config.loserGraceMs,
    conditionOf,
    discard,
  };
}
