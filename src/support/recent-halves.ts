/** Milliseconds after which the older half of the samples is forgotten, if the younger half is enough to go by. */
const periodMs = 30_000;

/** Milliseconds after which samples are too old to go by, even if nothing newer has come. */
const maxPeriodMs = 24 * 3_600_000;

/** A half of a window, which takes samples. */
interface Half {
  /** The number of samples. */
  readonly count: number;
  /** Forgets all samples. */
  reset(): void;
}

/**
 * A window over the last 30 to 60 s or, when samples were few, over the last `fewest` to twice as many of them. Both halves take
 * every sample. Each period the older one starts anew, so that the one that is read always holds between one and two periods. A
 * period ends by time and count, because a quiet service would never have enough samples if it ended by time alone.
 */
export class RecentHalves<T extends Half> {
  readonly #fewest: number;
  readonly #create: () => T;
  #halves: readonly [older: T, younger: T] | undefined;
  #periodStartedAt = performance.now();

  /** @param fewest the fewest samples to go by. */
  constructor(fewest: number, create: () => T) {
    this.#fewest = fewest;
    this.#create = create;
  }

  /** Both halves, for a sample that comes; {@link rotate} is to be called before. */
  get both(): readonly [T, T] {
    this.#halves ??= [this.#create(), this.#create()];
    return this.#halves;
  }

  /** The samples of the half that is read, or is to be read when there are enough; {@link rotate} is to be called before. */
  get count(): number {
    return this.#halves?.[0].count ?? 0;
  }

  /** The half that is read, if there were samples enough ever since; {@link rotate} is to be called before. */
  get older(): T | undefined {
    const older = this.#halves?.[0];
    return older && older.count >= this.#fewest ? older : undefined;
  }

  /** Begins a new period, if the last one is over. @returns whether it was. */
  rotate(): boolean {
    const now = performance.now();
    const passed = now - this.#periodStartedAt;
    if (passed < periodMs) return false;
    if (passed >= maxPeriodMs) this.reset();
    else if ((this.#halves?.[1].count ?? 0) < this.#fewest) return false;
    // Periods stay in step with the first one: counted from now, a sample before a pause would be remembered for up to 90 s.
    this.#periodStartedAt = now - (passed % periodMs);
    if (!this.#halves) return true;
    const [older, younger] = this.#halves;
    older.reset();
    this.#halves = [younger, older];
    return true;
  }

  /** Forgets all samples. */
  reset(): void {
    for (const half of this.#halves ?? []) half.reset();
  }
}
