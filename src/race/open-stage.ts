import type { RaceStage } from './rules.ts';

/** A stage whose candidates are being tried. They are pulled one at a time, when an attempt is about to start. */
export class OpenStage<Candidate> {
  /** The rules of the stage. */
  readonly rules: RaceStage<Candidate>;
  readonly #iterator: Iterator<Candidate>;
  #pulled: IteratorResult<Candidate> | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(rules: RaceStage<Candidate>) {
    this.rules = rules;
    this.#iterator = rules.candidates[Symbol.iterator]();
  }

  /** The next candidate that may start now; the same one again until it is taken or may not start any more. */
  peek(): IteratorResult<Candidate> {
    let next = this.#pulled ?? this.#iterator.next();
    while (!next.done && this.rules.mayStart?.(next.value) === false) next = this.#iterator.next();
    this.#pulled = next;
    return next;
  }

  /** Takes the candidate that {@link peek} gave. */
  take(): void {
    this.#pulled = undefined;
  }

  /** Calls back when the delay is over, unless {@link stopWaiting} is called before. */
  wait(ms: number, onDelay: () => void): void {
    this.#timer = setTimeout(onDelay, ms);
  }

  /** Lets no attempt start by time. */
  stopWaiting(): void {
    clearTimeout(this.#timer);
  }

  /** Closes the iterator, as a `for...of` does that is left early. */
  close(): void {
    this.#iterator.return?.();
  }
}
