import type { RequestEnded } from '../../../events/events.ts';
import type { RaceRow } from './frame.ts';
import { raceRowOf, rounded } from './race-row.ts';

/** The number of races that a page gets when it opens. */
const keptRaces = 50;

/** The most races in a frame: nobody can look at more in half a second. */
const maxPerFrame = 10;

/** The races since the last frame. */
export interface SampledRaces {
  /** The races that were drawn, oldest first. */
  readonly races: readonly RaceRow[];
  /** The number of races that were left out. */
  readonly moreRaces: number;
}

/**
 * Keeps the last races for a page that opens. For pages that are open, of the races since the last frame each one has the same chance to be
 * in the next one.
 */
export class RaceMemory {
  /** The last races, on a ring: a new one takes the place of the oldest. */
  readonly #kept: RaceRow[] = [];
  #keptCount = 0;
  #drawn: RaceRow[] = [];
  #freshCount = 0;
  #lastId = 0;

  /** The last races, oldest first. */
  get latest(): readonly RaceRow[] {
    const next = this.#keptCount % keptRaces;
    return [...this.#kept.slice(next), ...this.#kept.slice(0, next)].map(rounded);
  }

  /** Takes a request that has ended. */
  add(ended: RequestEnded): void {
    const race = raceRowOf(ended, ++this.#lastId);
    this.#keep(race);
    const place = this.#placeFor(this.#freshCount++);
    if (place < maxPerFrame) this.#drawn[place] = race;
  }

  /** Takes the latest races of others, which nobody was shown so far. */
  addLatest(races: readonly RaceRow[]): void {
    const all = [...this.latest, ...races].sort((a, b) => a.endedAt - b.endedAt);
    this.#kept.length = 0;
    this.#keptCount = 0;
    for (const race of all.slice(-keptRaces)) this.#keep({ ...race, id: ++this.#lastId });
  }

  /** Hands over the races since the last call. */
  take(): SampledRaces {
    const races = this.#drawn.sort((a, b) => a.id - b.id).map(rounded);
    const moreRaces = this.#freshCount - races.length;
    this.#drawn = [];
    this.#freshCount = 0;
    return { races, moreRaces };
  }

  #keep(race: RaceRow): void {
    this.#kept[this.#keptCount++ % keptRaces] = race;
  }

  /** The place of a new race by reservoir sampling. */
  #placeFor(count: number): number {
    return count < maxPerFrame ? count : Math.floor(Math.random() * (count + 1));
  }
}
