import type { EjectionCause } from '../../endpoints/state/snapshot.ts';
import { type BalancingProxyError, isOthersDoing } from '../../errors.ts';
import type { AttemptReport, EndpointEvents, ProxyEvent, RequestEnded } from '../../events/events.ts';
import { round } from '../../support/round.ts';
import { reasonGiven } from '../../support/user-function.ts';
import { shownTarget } from './shown-target.ts';

/**
 * How a request ended, as far as logs tell endings apart: `own` is an answer for which no endpoint was needed, `refused` an
 * error before any was asked, `unusable` a request to which no endpoint gave a usable response, `passed-on` one that others answer then.
 */
export type Ending = 'served' | 'own' | 'refused' | 'unusable' | 'broken-off' | 'passed-on' | 'client-gone';

function endingOfRequest({ outcome, winner, attempts, error }: RequestEnded): Ending {
  if (outcome === 'passed-on') return outcome;
  if (error?.code === 'ERR_BRP_CLIENT_GONE') return 'client-gone';
  if (winner !== undefined) return error ? 'broken-off' : 'served';
  if (attempts.length > 0) return 'unusable';
  return error ? 'refused' : 'own';
}

/** A request that has ended, ready for the line of any log. */
export type ToldRequest = ReturnType<typeof tellRequest>;

/** Tells of a request that has ended. @param logQuery whether query strings are told, too. */
export function tellRequest(ended: RequestEnded, logQuery: boolean | undefined) {
  const { requestId, method, url, finalStatus, winner, resumes, durationMs, isBodyStreamed, attempts, error } = ended;
  const ending = endingOfRequest(ended);
  return {
    ending,
    /** Whether an endpoint or this process is to blame, so that somebody should look at it. */
    isBad: ending !== 'served' && ending !== 'own' && !isOthersDoing(error),
    /** Whether the body broke off and was gone on with: the client saw nothing of it, but somebody should look at the endpoint. */
    isMended: resumes > 0,
    /** The error in words. Clients do not read logs, so that its cause is told, too. */
    why: error && explained(error),
    /** All that machines get, with times in milliseconds of three decimals. */
    fields: {
      requestId,
      method,
      target: shownTarget(url, logQuery),
      status: finalStatus ?? null,
      winner: winner ?? null,
      resumes,
      durationMs: round(durationMs, 3),
      isBodyStreamed,
      attempts: attempts.map(tellAttempt),
      ...(ending === 'passed-on' && { isPassedOn: true }),
      ...(error && { error: error.code }),
    },
  };
}

/** An attempt for machines, with times in milliseconds of three decimals. */
export type AttemptFields = ReturnType<typeof tellAttempt>;

/** Tells of an attempt that has ended. */
export function tellAttempt(report: AttemptReport) {
  const { endpoint, reason, outcome, status, error, brokeOff, startedAfterMs, durationMs } = report;
  return {
    endpoint,
    reason,
    outcome,
    ...(status !== undefined && { status }),
    ...(error && { error: error.code }),
    // Why a function of the user has failed, its own words alone can tell.
    ...(error?.code === 'ERR_BRP_HOOK' && { why: error.message }),
    startedAfterMs: round(startedAfterMs, 3),
    durationMs: round(durationMs, 3),
    ...(brokeOff && { brokeOff: { afterMs: round(brokeOff.afterMs, 3), atByte: brokeOff.atByte } }),
  };
}

/**
 * Why an attempt started, for the line of a log: ` (hedge)` and the like. Nothing where that is no news, as for all attempts of a race, and
 * where the outcome says it.
 */
export function reasonInLine({ reason, outcome }: Pick<AttemptReport, 'reason' | 'outcome'>): string {
  return reason === 'first' || reason === 'race' || outcome === 'resumed' ? '' : ` (${reason})`;
}

/** The most attempts that a line tells of from the first one on, and as many up to the last one. */
const mostAtEachEnd = 8;

/** Describes all attempts, or the first and the last ones: of a request that waited for a restart there may be hundreds. */
export function describeEach<Attempt>(
  attempts: readonly Attempt[],
  describe: (attempt: Attempt) => string,
): readonly string[] {
  const left = attempts.length - 2 * mostAtEachEnd;
  if (left <= 0) return attempts.map((attempt) => describe(attempt));
  const [first, last] = [attempts.slice(0, mostAtEachEnd), attempts.slice(-mostAtEachEnd)];
  const more = `${left} more ${left === 1 ? 'attempt' : 'attempts'}`;
  return [...first.map((attempt) => describe(attempt)), more, ...last.map((attempt) => describe(attempt))];
}

/** Whether an event tells of an endpoint rather than of a request. */
export function isOfEndpoint(event: ProxyEvent): event is EndpointEvents {
  return !('requestId' in event) && 'endpoint' in event;
}

const wordsFor = {
  unreachable: 'cannot be reached',
  failures: 'fails too often',
} satisfies Readonly<Record<EjectionCause, string>>;

/** Tells of an endpoint, which is called `name`. @param timeOf writes milliseconds for people. */
export function tellEndpoint(event: EndpointEvents, name: string, timeOf: (ms: number) => string) {
  const { type, endpoint } = event;
  if (type === 'endpoint-restored') return { level: 'info', message: `${name} is back`, fields: { endpoint } } as const;
  const level = 'warn';
  if (type === 'endpoint-drained') return { level, message: `${name} is drained`, fields: { endpoint } } as const;
  const { forMs, cause } = event;
  const message = `${name} ${wordsFor[cause]} and is left out for ${timeOf(forMs)}`;
  return { level, message, fields: { endpoint, forMs, cause } } as const;
}

function explained({ message, cause }: BalancingProxyError): string {
  return cause === undefined ? message : `${message}: ${reasonGiven(cause)}`;
}
