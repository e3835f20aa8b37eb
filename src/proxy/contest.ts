import type { AttemptOptions } from '../attempts/attempt/attempt-settings.ts';
import type { OutgoingRequest } from '../attempts/request/outgoing.ts';
import type { JudgedResponse } from '../attempts/response/judged-response.ts';
import { conditionOf } from '../attempts/response/release.ts';
import type { Candidate } from '../endpoints/pool.ts';
import type { RaceOptions } from '../race/rules.ts';
import type { Pace } from '../race/strategies/rules.ts';
import type { ProxiedRequest } from './proxied-request.ts';

/** What endpoints are asked for, which ones, and how. */
export interface Contest {
  readonly outgoing: OutgoingRequest;
  readonly candidates: Iterable<Candidate>;
  readonly pace: Pace;
  readonly config: AttemptOptions & { readonly preferGraceMs: number; readonly loserGraceMs: number };
}

/**
 * The race for a request. A function of its own, so that the request's body, which the functions of the race hold, can be
 * forgotten with them while the response is still streamed.
 */
export function raceFor(
  { req, ledger, signal, discard }: ProxiedRequest,
  { outgoing, candidates, pace, config }: Contest,
): RaceOptions<Candidate, JudgedResponse> {
  return {
    ...pace,
    candidates,
    signal,
    mayStart: ({ endpoint }) => endpoint.mayBeAsked,
    start: (candidate, abort, reason) => ledger.make(candidate, reason, { req, outgoing, config, abort }),
    isUsable: (response) => response.isUsable,
    isPreferred: (response) => response.isPreferred,
    preferGraceMs: config.preferGraceMs,
    loserGraceMs: config.loserGraceMs,
    conditionOf,
    discard,
  };
}
