import type { AttemptReport, RequestEnded } from '../../events/events.ts';
import { round } from '../../support/round.ts';
import type { AttemptRow, RaceRow } from './frame.ts';

/** The number of races that a page gets when it opens. */
const keptRaces = 20;

/** The most races in a frame: nobody can look at more in half a second. */
const maxPerFrame = 10;

/** The most attempts that a race is shown with; as many of those that gave the client something come on top. */
const maxAttempts = 16;

/** The most characters of a path. */
const maxPath = 200;

/** The races since the last frame. */
export interface SampledRaces {
  /** The races that were drawn, oldest first. */
  readonly races: readonly RaceRow[];
  /** The number of races that were left out. */
  readonly moreRaces: number;
}

/** Keeps the races that were shown last. Of the races since the last frame each one has the same chance to be in the next one. */
export class RaceSample {
  #latest: readonly RaceRow[] = [];
  #fresh: RaceRow[] = [];
  #freshCount = 0;
  #lastId = 0;

  /** The races that were shown last, oldest first. */
  get latest(): readonly RaceRow[] {
    return this.#latest;
  }

  /** Takes a request that has ended. */
  add(ended: RequestEnded): void {
    const place = this.#placeFor(this.#freshCount++);
    if (place < maxPerFrame) this.#fresh[place] = raceOf(ended, ++this.#lastId);
  }

  /** Hands over the races since the last call. */
  take(): SampledRaces {
    const races = this.#fresh.sort((a, b) => a.id - b.id);
    const moreRaces = this.#freshCount - races.length;
    this.#latest = [...this.#latest, ...races].slice(-keptRaces);
    this.#fresh = [];
    this.#freshCount = 0;
    return { races, moreRaces };
  }

  /** The place of a new race by reservoir sampling: a race that is not drawn costs nothing. */
  #placeFor(count: number): number {
    return count < maxPerFrame ? count : Math.floor(Math.random() * (count + 1));
  }
}

function raceOf(ended: RequestEnded, id: number): RaceRow {
  const { method, url, outcome: end, status, winner, servedBy, resumes, strategy, error, durationMs, attempts } = ended;
  const given = attempts.filter(({ outcome }) => outcome === 'won' || outcome === 'resumed').slice(0, maxAttempts);
  const shown = attempts.filter((attempt, index) => index < maxAttempts || given.includes(attempt));
  return {
    id,
    endedAt: Date.now(),
    method,
    path: shownPath(url),
    status: status ?? null,
    servedBy: servedBy ?? null,
    isPassedOn: end === 'passed-on',
    hasWinner: winner !== undefined,
    resumes,
    strategy: strategy ?? null,
    error: error?.code ?? null,
    durationMs: round(durationMs, 1),
    attempts: shown.map(attemptOf),
    moreAttempts: attempts.length - shown.length,
  };
}

function attemptOf(report: AttemptReport): AttemptRow {
  const { endpoint, reason, outcome, status, error, brokeOff, startedAfterMs, durationMs } = report;
  const isError = outcome === 'failed' || outcome === 'timed-out' || brokeOff !== undefined;
  return {
    endpoint,
    reason,
    outcome,
    status: status ?? null,
    error: isError ? (error?.code ?? null) : null,
    brokeOff: brokeOff ? { ...brokeOff, afterMs: round(brokeOff.afterMs, 1) } : null,
    startedAfterMs: round(startedAfterMs, 1),
    durationMs: round(durationMs, 1),
  };
}

/** The path of a request target: neither its query nor the credentials that an absolute one may have. */
function shownPath(url: string): string {
  const target = url.startsWith('/') || url === '*' ? url : (URL.parse(url)?.pathname ?? '…');
  const [path = ''] = target.split(/[?#]/, 1);
  return path.length > maxPath ? `${path.slice(0, maxPath)}…` : path;
}
