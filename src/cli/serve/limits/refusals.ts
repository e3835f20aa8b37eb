/** Milliseconds between two lines about the same limit. */
const pauseMs = 1_000;

/** Counts what a limit refuses, kind by kind, and has it told once a second at most, however much that is. */
export class Refusals<Kind extends string> {
  readonly #totals = new Map<Kind, number>();
  readonly #recent = new Map<Kind, number>();
  readonly #tell: (recent: (kind: Kind) => number) => void;
  #timer: NodeJS.Timeout | undefined;

  /** @param tell gets the count of each kind since it was last called; it is called a second after the first of them. */
  constructor(tell: (recent: (kind: Kind) => number) => void) {
    this.#tell = tell;
  }

  /** Counts a refusal. */
  add(kind: Kind): void {
    for (const counts of [this.#totals, this.#recent]) counts.set(kind, (counts.get(kind) ?? 0) + 1);
    this.#timer ??= setTimeout(this.#onTime, pauseMs).unref();
  }

  /** How many there were since the start. */
  total(kind: Kind): number {
    return this.#totals.get(kind) ?? 0;
  }

  readonly #onTime = (): void => {
    const recent = new Map(this.#recent);
    this.#recent.clear();
    this.#timer = undefined;
    this.#tell((kind) => recent.get(kind) ?? 0);
  };
}
