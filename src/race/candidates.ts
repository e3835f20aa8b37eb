/** The candidates of a race, pulled one at a time, when an attempt is about to start. */
export class Candidates<Candidate> {
  readonly #iterator: Iterator<Candidate>;
  readonly #mayStart: ((candidate: Candidate) => boolean) | undefined;
  #pulled: IteratorResult<Candidate> | undefined;

  /** @param mayStart without it, every candidate may start. */
  constructor(candidates: Iterable<Candidate>, mayStart?: (candidate: Candidate) => boolean) {
    this.#iterator = candidates[Symbol.iterator]();
    this.#mayStart = mayStart;
  }

  /** The next one that may start now. It stays the next one until it is taken, unless it may not start any more. */
  peek(): IteratorResult<Candidate> {
    let next = this.#pulled ?? this.#iterator.next();
    while (!next.done && this.#mayStart?.(next.value) === false) next = this.#iterator.next();
    this.#pulled = next;
    return next;
  }

  /** Takes away what {@link peek} gave. */
  take(): void {
    this.#pulled = undefined;
  }

  /** Ends the pulling, as a `for...of` that is left does. */
  close(): void {
    this.#iterator.return?.();
  }
}
