import type { AttemptReport } from '../../events/attempt-report.ts';
import type { RequestEnded } from '../../events/events.ts';
import { round } from '../../support/round.ts';
import type { AttemptRow, RaceRow } from './frame.ts';

/** Races that a page gets when it opens. */
const keptRaces = 20;

/** Races that a frame may hold: nobody can look at more. */
const maxPerFrame = 10;

/** Attempts that a race is shown with, and the winner besides. */
const maxAttempts = 16;

/** Characters of a path. */
const maxPath = 200;

/** What was taken since the last frame. */
export interface SampledRaces {
  readonly races: readonly RaceRow[];
  /** How many were left out. */
  readonly moreRaces: number;
}

/** Keeps the last races, and of those since the last frame as many as a frame may hold, each with the same chance. */
export class RaceSample {
  #latest: readonly RaceRow[] = [];
  #fresh: RaceRow[] = [];
  #freshCount = 0;
  #lastId = 0;

  /** Those that were shown last, oldest first. */
  get latest(): readonly RaceRow[] {
    return this.#latest;
  }

  add(ended: RequestEnded): void {
    const place = this.#placeFor(this.#freshCount++);
    if (place < maxPerFrame) this.#fresh[place] = raceOf(ended, ++this.#lastId);
  }

  /** Hands over what came since the last call. */
  take(): SampledRaces {
    const races = this.#fresh.sort((a, b) => a.id - b.id);
    const moreRaces = this.#freshCount - races.length;
    this.#latest = [...this.#latest, ...races].slice(-keptRaces);
    this.#fresh = [];
    this.#freshCount = 0;
    return { races, moreRaces };
  }

  /** Reservoir sampling: no race is worked on that is not drawn. */
  #placeFor(count: number): number {
    return count < maxPerFrame ? count : Math.floor(Math.random() * (count + 1));
  }
}

function raceOf(ended: RequestEnded, id: number): RaceRow {
  const { method, url, status, winner, servedBy, strategy, error, durationMs, attempts } = ended;
  const shown = attempts.filter(({ outcome }, index) => index < maxAttempts || outcome === 'won');
  return {
    id,
    endedAt: Date.now(),
    method,
    path: shownPath(url),
    status: status ?? null,
    servedBy: servedBy ?? null,
    hasWinner: winner !== undefined,
    strategy: strategy ?? null,
    error: error?.code ?? null,
    durationMs: round(durationMs, 1),
    attempts: shown.map(attemptOf),
    moreAttempts: attempts.length - shown.length,
  };
}

function attemptOf(report: AttemptReport): AttemptRow {
  const { endpoint, reason, outcome, status, error, startedAfterMs, durationMs } = report;
  return {
    endpoint,
    reason,
    outcome,
    status: status ?? null,
    error: outcome === 'failed' || outcome === 'timed-out' ? (error?.code ?? null) : null,
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
