import type { AttemptReport, RequestEnded } from '../../../events/events.ts';
import { round } from '../../../support/round.ts';
import type { AttemptRow, RaceRow } from './frame.ts';

/** The most attempts that a race is shown with; as many of those that gave the client something come on top. */
const maxAttempts = 16;

/** The most characters of a path. */
const maxPath = 200;

/** The most characters of a method, which HTTP/2 does not limit. */
const maxMethod = 20;

/** A request that has ended, as the page shows it. Of what the client says it keeps so much that any number of races needs little memory. */
export function raceRowOf(ended: RequestEnded, id: number): RaceRow {
  const { method, url, outcome: end, status, winner, servedBy, resumes, strategy, error, durationMs, attempts } = ended;
  const shown = attempts.length > maxAttempts ? shownOf(attempts) : attempts;
  return {
    id,
    endedAt: Date.now(),
    method: cut(method, maxMethod),
    path: shownPath(url),
    status: status ?? null,
    servedBy: servedBy ?? null,
    isPassedOn: end === 'passed-on',
    hasWinner: winner !== undefined,
    resumes,
    strategy: strategy ?? null,
    error: error?.code ?? null,
    durationMs,
    attempts: shown.map(attemptRowOf),
    moreAttempts: attempts.length - shown.length,
  };
}

function shownOf(attempts: readonly AttemptReport[]): readonly AttemptReport[] {
  const given = attempts.filter(({ outcome }) => outcome === 'won' || outcome === 'resumed').slice(0, maxAttempts);
  return attempts.filter((attempt, index) => index < maxAttempts || given.includes(attempt));
}

function attemptRowOf(report: AttemptReport): AttemptRow {
  const { endpoint, reason, outcome, status, error, brokeOff, startedAfterMs, headAfterMs, durationMs } = report;
  const isError = outcome === 'failed' || outcome === 'timed-out' || brokeOff !== undefined;
  return {
    endpoint,
    reason,
    outcome,
    status: status ?? null,
    error: isError ? (error?.code ?? null) : null,
    brokeOff: brokeOff ?? null,
    startedAfterMs,
    heldMs: headAfterMs === undefined ? null : Math.max(0, durationMs - headAfterMs),
    durationMs,
  };
}

/** A race with times as people and JSON get them, in tenths of a millisecond: not every request pays for that, only the races that are shown. */
export function rounded(race: RaceRow): RaceRow {
  return { ...race, durationMs: round(race.durationMs, 1), attempts: race.attempts.map(roundedAttempt) };
}

function roundedAttempt(attempt: AttemptRow): AttemptRow {
  const { brokeOff, startedAfterMs, heldMs, durationMs } = attempt;
  return {
    ...attempt,
    brokeOff: brokeOff && { ...brokeOff, afterMs: round(brokeOff.afterMs, 1) },
    startedAfterMs: round(startedAfterMs, 1),
    heldMs: heldMs && round(heldMs, 1),
    durationMs: round(durationMs, 1),
  };
}

/** The path of a request target: neither its query nor the credentials that an absolute one may have. */
function shownPath(url: string): string {
  const target = url.startsWith('/') || url === '*' ? url : (URL.parse(url)?.pathname ?? '…');
  const end = target.search(/[?#]/);
  const path = cut(end < 0 ? target : target.slice(0, end), maxPath);
  return url.length > maxPath ? copyOf(path) : path;
}

function cut(text: string, maxLength: number): string {
  return text.length > maxLength ? copyOf(`${text.slice(0, maxLength)}…`) : text;
}

/** A part of a text keeps the whole text in memory, such as a query of many kilobytes. A copy of the part does not. */
function copyOf(text: string): string {
  return Buffer.from(text).toString();
}
