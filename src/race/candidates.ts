/** The candidates of a race, pulled one at a time, when an attempt is about to start. */
export class Candidates<Candidate> {
  readonly #iterator: Iterator<Candidate, unknown, boolean | undefined>;
  readonly #mayStart: ((candidate: Candidate) => boolean) | undefined;
  #pulled: IteratorResult<Candidate> | undefined;

  /** @param mayStart without it, every candidate may start. */
  constructor(candidates: Iterable<Candidate>, mayStart?: (candidate: Candidate) => boolean) {
    this.#iterator = candidates[Symbol.iterator]();
    this.#mayStart = mayStart;
  }

  /** The next candidate that may start now; the same one again until it is taken or may not start any more. */
  peek(): IteratorResult<Candidate> {
    let next = this.#pulled ?? this.#iterator.next();
    while (!next.done && this.#mayStart?.(next.value) === false) next = this.#iterator.next(true);
    this.#pulled = next;
    return next;
  }

  /** Takes the candidate that {@link peek} gave. */
  take(): void {
    this.#pulled = undefined;
  }

  /** Closes the iterator, as a `for...of` does that is left early. */
  close(): void {
    this.#iterator.return?.();
  }
}
