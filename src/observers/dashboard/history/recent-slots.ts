/** The number of slots, which make up one minute. */
export const slotCount = 30;

/** Milliseconds that a slot lasts. */
export const slotMs = 2_000;

/**
 * Keeps the counts of the last minute, in slots of two seconds on a ring: a new slot takes the place of the one that is a minute older.
 * No timer is needed, because slots begin only when something is counted.
 */
export class RecentSlots<Counts> {
  readonly #create: () => Counts;
  readonly #ring: Array<{ readonly number: number; readonly counts: Counts }> = [];

  constructor(create: () => Counts) {
    this.#create = create;
  }

  /** The counts of the current slot, to add to. */
  get current(): Counts {
    return this.before(0);
  }

  /** The counts of the slot that was so many slots before the current one, to add to; at most of the last minute. */
  before(slots: number): Counts {
    const number = currentNumber() - slots;
    const known = this.#at(number);
    if (known) return known;
    const counts = this.#create();
    this.#ring[number % slotCount] = { number, counts };
    return counts;
  }

  /** The last `count` slots, oldest first, the current one last; undefined where nothing was counted. */
  last(count = slotCount): ReadonlyArray<Counts | undefined> {
    const first = currentNumber() - count + 1;
    return Array.from({ length: count }, (_, index) => this.#at(first + index));
  }

  #at(number: number): Counts | undefined {
    const slot = this.#ring[number % slotCount];
    return slot?.number === number ? slot.counts : undefined;
  }
}

/** Seconds that the last `count` slots cover by now, the current one being under way. */
export function secondsOf(count: number): number {
  return ((count - 1) * slotMs + (performance.now() % slotMs)) / 1_000;
}

function currentNumber(): number {
  // A slot of the last minute has a number in the first minute of a process, too.
  return slotCount + Math.floor(performance.now() / slotMs);
}
