import type { AttemptOptions } from '../attempts/attempt/attempt-settings.ts';
import type { OutgoingRequest } from '../attempts/request/outgoing.ts';
import type { JudgedResponse } from '../attempts/response/judged-response.ts';
import { conditionOf } from '../attempts/response/release.ts';
import type { SentAttempt } from '../attempts/send-attempt.ts';
import type { Candidate } from '../endpoints/candidate.ts';
import type { HedgeDelayOptions } from '../race/delay.ts';
import type { RaceOptions, RaceStage } from '../race/rules.ts';
import { paceOfMending } from '../race/strategies/rules.ts';
import { ownConfig } from './own-config.ts';
import type { ProxiedRequest } from './proxied-request.ts';

/** The order and the pace in which endpoints are asked: the first stage, and what comes after it. */
export interface Course
  extends RaceStage<Candidate>,
    Pick<RaceOptions<Candidate, unknown>, 'nextStage' | 'stageDelayMs' | 'mayFollow'> {
  /** Takes note of an attempt that is about to start. */
  started?(candidate: Candidate): void;
}

/** The stage in which endpoints are asked for a body that broke off, one after the other, outside of tiers and budget. */
export function stageOfMending(
  candidates: Iterable<Candidate>,
  hedge: HedgeDelayOptions,
  reason: 'retry' | 'resume',
): Course {
  return { ...paceOfMending(hedge), candidates, mayStart: ({ endpoint }) => endpoint.mayBeAsked, reason };
}

/** One question to several endpoints. */
export interface Contest {
  /** The request that goes out. */
  readonly outgoing: OutgoingRequest;
  /** How they are asked. */
  readonly course: Course;
  /** As {@link SentAttempt.peers}. */
  readonly peers?: SentAttempt['peers'];
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
  { outgoing, course, config, peers, examination }: Contest,
): RaceOptions<Candidate, JudgedResponse> {
  return {
    ...course,
    signal,
    start: (candidate, abort, reason) => {
      course.started?.(candidate);
      const own = ownConfig(candidate, config);
      const settings = { req, outgoing, config: own, abort, peers, ...(examination && { examination }) };
      return ledger.make(candidate, reason, settings);
    },
    isUsable: (response) => response.isUsable,
    isPreferred: (response) => response.isPreferred,
    preferGraceMs: config.preferGraceMs,
    loserGraceMs: config.loserGraceMs,
    conditionOf,
    discard,
  };
}
