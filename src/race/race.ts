/**
 * The one mechanism behind every strategy: start an attempt, then wait for whichever comes first, a usable value, a
 * failure or the delay; on the last two start the next attempt. With a delay of 0 that is a race of all, with Infinity a
 * failover, with anything between a hedge. Nothing here knows HTTP.
 *
 * Whoever wins takes its abort handle along, because a winner may still be streaming when the race is over
 * (cancelling it cut 512 KB responses short in go-resty PR 1197 and hedgedhttp PR 1).
 */

export interface RaceOptions<Candidate, Value> {
  /** Who may be tried, in this order; pulled one at a time, only when an attempt is about to start. */
  readonly candidates: Iterable<Candidate>;
  /** Ends the race: every attempt is aborted and the promise rejects with the signal's reason. */
  readonly signal: AbortSignal;
  /** Starts one attempt. It must stop when `abort.signal` fires, and may fire it to give up. */
  start(candidate: Candidate, abort: AbortController): Promise<Value>;
  isUsable(value: Value): boolean;
  /** Milliseconds from the start of `latest` to the next one: 0 at once, Infinity only after a failure. */
  delayMs(latest: Candidate): number;
  /** Takes every value that does not win, with its abort handle, which the race does not fire any more. */
  discard(value: Value, abort: AbortController): void;
}

/** The value that won; its attempt goes on until the owner is done with it or fires `abort`. */
export interface Winner<Value> {
  readonly value: Value;
  readonly abort: AbortController;
}

/**
 * Runs a race to its end.
 * @returns the winner, or undefined when every candidate was tried and none was usable (their values went to `discard`).
 * @throws the signal's reason when it fires first. A failing `candidates`, `delayMs` or `discard` rejects too.
 */
export function race<Candidate, Value>(options: RaceOptions<Candidate, Value>): Promise<Winner<Value> | undefined> {
  try {
    return new Race(options).run();
  } catch (error) {
    return Promise.reject(error);
  }
}

class Race<Candidate, Value> {
  readonly #options: RaceOptions<Candidate, Value>;
  readonly #candidates: Iterator<Candidate>;
  readonly #running = new Set<AbortController>();
  readonly #result = Promise.withResolvers<Winner<Value> | undefined>();
  #nobodyLeft = false;
  #isOver = false;
  #timer: NodeJS.Timeout | undefined;

  constructor(options: RaceOptions<Candidate, Value>) {
    this.#options = options;
    this.#candidates = options.candidates[Symbol.iterator]();
  }

  run(): Promise<Winner<Value> | undefined> {
    const { signal } = this.#options;
    if (signal.aborted) this.#onAbort();
    else {
      signal.addEventListener('abort', this.#onAbort);
      this.#guard(() => this.#startNext());
    }
    return this.#result.promise;
  }

  readonly #onAbort = (): void => {
    this.#end();
    this.#result.reject(this.#options.signal.reason);
  };

  #startNext(): void {
    clearTimeout(this.#timer);
    for (let delayMs = 0; delayMs === 0; ) {
      const next = this.#candidates.next();
      if (next.done) {
        this.#nobodyLeft = true;
        this.#endIfExhausted();
        return;
      }
      // The caller's functions may have fired the signal: no attempt and no timer may start behind the race's back.
      if (this.#isOver) return;
      this.#launch(next.value);
      delayMs = this.#options.delayMs(next.value);
      if (this.#isOver) return;
      if (delayMs > 0 && delayMs < Infinity) {
        this.#timer = setTimeout(() => this.#guard(() => this.#startNext()), delayMs);
      }
    }
  }

  #launch(candidate: Candidate): void {
    const abort = new AbortController();
    this.#running.add(abort);
    this.#options.start(candidate, abort).then(
      (value) => this.#guard(() => this.#onValue(value, abort)),
      () => this.#guard(() => this.#onFailure(abort)),
    );
  }

  #onValue(value: Value, abort: AbortController): void {
    const wins = !this.#isOver && this.#options.isUsable(value);
    if (wins) {
      this.#running.delete(abort);
      this.#end();
      this.#result.resolve({ value, abort });
      return;
    }
    this.#options.discard(value, abort);
    this.#onFailure(abort);
  }

  #onFailure(abort: AbortController): void {
    this.#running.delete(abort);
    if (this.#isOver) return;
    if (this.#nobodyLeft) this.#endIfExhausted();
    else this.#startNext();
  }

  #endIfExhausted(): void {
    if (this.#running.size > 0) return;
    this.#end();
    this.#result.resolve(undefined);
  }

  #end(): void {
    this.#isOver = true;
    clearTimeout(this.#timer);
    this.#options.signal.removeEventListener('abort', this.#onAbort);
    for (const abort of this.#running) abort.abort();
    this.#running.clear();
    try {
      this.#candidates.return?.();
    } catch {
      // How the race ends is known; as in `for...of`, closing the iterator cannot change it.
    }
  }

  /** A caller's function that throws ends the race with its error instead of leaving it pending for ever. */
  #guard(step: () => void): void {
    try {
      step();
    } catch (error) {
      this.#end();
      this.#result.reject(error);
    }
  }
}
