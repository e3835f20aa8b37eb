/**
 * The one mechanism behind every strategy: start an attempt, then wait for whichever comes first, a usable value, a
 * failure or the delay; on the last two start the next attempt. With a delay of 0 that is a race of all, with Infinity a
 * failover, with anything between a hedge. Nothing here knows HTTP.
 *
 * Whoever wins takes its abort handle along, because a winner may still be streaming when the race is over
 * (cancelling it cut 512 KB responses short in go-resty PR 1197 and hedgedhttp PR 1).
 */

import { Held } from './held.ts';
import type { RaceOptions, StartReason, Winner } from './rules.ts';

/**
 * Runs a race to its end.
 * @returns the winner, or undefined when every candidate was tried and none was usable (their values went to `discard`).
 * @throws the signal's reason when it fires first. A function of the caller that throws rejects, too.
 */
export function race<Candidate, Value>(options: RaceOptions<Candidate, Value>): Promise<Winner<Value> | undefined> {
  try {
    return new Race(options).run();
  } catch (error) {
    return Promise.reject(error);
  }
}

/** The same, for whoever may have to end it earlier. */
export class Race<Candidate, Value> {
  readonly #options: RaceOptions<Candidate, Value>;
  readonly #candidates: Iterator<Candidate>;
  readonly #running = new Set<AbortController>();
  readonly #result = Promise.withResolvers<Winner<Value> | undefined>();
  #next: IteratorResult<Candidate> | undefined;
  /** Usable, but something better may come while their grace lasts. */
  readonly #held: Held<Value>;
  #mayStart = true;
  #isOver = false;
  #delayTimer: NodeJS.Timeout | undefined;
  #graceTimer: NodeJS.Timeout | undefined;
  #loserTimer: NodeJS.Timeout | undefined;

  constructor(options: RaceOptions<Candidate, Value>) {
    this.#options = options;
    this.#held = new Held(options.conditionOf);
    this.#candidates = options.candidates[Symbol.iterator]();
  }

  /** As {@link race}; to be called once. */
  run(): Promise<Winner<Value> | undefined> {
    const { signal } = this.#options;
    if (signal.aborted) this.#onAbort();
    else {
      signal.addEventListener('abort', this.#onAbort);
      this.#guard(() => this.#startNext('first'));
    }
    return this.#result.promise;
  }

  readonly #onAbort = (): void => {
    this.#fail(this.#options.signal.reason);
  };

  #startNext(reason: StartReason): void {
    const { delayMs, mayHedge, mayStart } = this.#options;
    clearTimeout(this.#delayTimer);
    for (let delay = 0; delay === 0; reason = 'delay') {
      this.#next ??= this.#candidates.next();
      // It was pulled earlier when its hedge was denied, and may have been taken out of service since.
      while (!this.#next.done && mayStart?.(this.#next.value) === false) this.#next = this.#candidates.next();
      if (this.#next.done) {
        this.#startNoMore();
        return;
      }
      if (reason === 'delay' && mayHedge?.() === false) return;
      // The caller's functions may have fired the signal: no attempt and no timer may start behind the race's back.
      if (this.#isOver) return;
      const candidate = this.#next.value;
      this.#next = undefined;
      this.#launch(candidate, reason);
      delay = delayMs(candidate);
      if (this.#isOver) return;
      if (delay > 0 && delay < Infinity) this.#delayTimer = setTimeout(this.#onDelay, delay);
    }
  }

  readonly #onDelay = (): void => this.#guard(() => this.#startNext('delay'));

  #launch(candidate: Candidate, reason: StartReason): void {
    const abort = new AbortController();
    this.#running.add(abort);
    this.#options.start(candidate, abort, reason).then(
      (value) => this.#guard(() => this.#onValue({ value, abort })),
      (error) => this.#guard(() => this.#onFailure(abort, error)),
    );
  }

  #onValue(winner: Winner<Value>): void {
    const { isUsable, isPreferred, discard } = this.#options;
    if (this.#isOver || !isUsable(winner.value)) {
      discard(winner.value, winner.abort);
      this.#onFailure(winner.abort, undefined);
    } else if (isPreferred?.(winner.value) === false) this.#hold(winner);
    else this.#win(winner);
  }

  #hold(winner: Winner<Value>): void {
    if (this.#held.isSure) this.#options.discard(winner.value, winner.abort);
    else {
      this.#held.add(winner);
      const { preferGraceMs = 0 } = this.#options;
      if (preferGraceMs < Infinity) this.#graceTimer ??= setTimeout(this.#onGrace, preferGraceMs);
    }
    this.#onFailure(winner.abort, undefined);
  }

  readonly #onGrace = (): void => {
    this.#graceTimer = undefined;
    this.#guard(() => void this.winWithHeld());
  };

  /** Ends the race with the best value that is held. @returns whether there is one. */
  winWithHeld(): boolean {
    const winner = this.#held.takeBest();
    if (winner) this.#win(winner);
    else for (const { value, abort } of this.#held.takeAll()) this.#options.discard(value, abort);
    return winner !== undefined;
  }

  #onFailure(abort: AbortController, error: unknown): void {
    const wasRunning = this.#running.delete(abort);
    if (this.#isOver) {
      // The last loser has finished within its grace.
      if (wasRunning && this.#running.size === 0) this.#end();
    } else if (!this.#mayStart) this.#endIfExhausted();
    else if (this.#options.mayFollow?.(error) === false) this.#startNoMore();
    else this.#startNext('failure');
  }

  #startNoMore(): void {
    clearTimeout(this.#delayTimer);
    this.#mayStart = false;
    this.#endIfExhausted();
  }

  #endIfExhausted(): void {
    if (this.#running.size > 0 || this.winWithHeld()) return;
    this.#stop();
    this.#end();
    this.#result.resolve(undefined);
  }

  #win(winner: Winner<Value>): void {
    this.#running.delete(winner.abort);
    this.#stop();
    this.#result.resolve(winner);
    const { loserGraceMs = 0 } = this.#options;
    if (loserGraceMs === 0 || this.#running.size === 0) this.#end();
    else if (loserGraceMs < Infinity) this.#loserTimer = setTimeout(this.#end, loserGraceMs);
  }

  #fail(error: unknown): void {
    this.#stop();
    this.#end();
    this.#result.reject(error);
  }

  /** Nothing starts any more; what is running goes on. */
  #stop(): void {
    this.#isOver = true;
    clearTimeout(this.#delayTimer);
    clearTimeout(this.#graceTimer);
    // How the race ends is known; as in `for...of`, closing the iterator cannot change it, nor can a discard.
    ignoringErrors(() => this.#candidates.return?.());
    for (const { value, abort } of this.#held.takeAll()) ignoringErrors(() => this.#options.discard(value, abort));
  }

  readonly #end = (): void => {
    clearTimeout(this.#loserTimer);
    this.#options.signal.removeEventListener('abort', this.#onAbort);
    for (const abort of this.#running) abort.abort();
    this.#running.clear();
  };

  /** A caller's function that throws ends the race with its error instead of leaving it pending for ever. */
  #guard(step: () => void): void {
    try {
      step();
    } catch (error) {
      this.#fail(error);
    }
  }
}

function ignoringErrors(step: () => void): void {
  try {
    step();
  } catch {
    // Nobody is left who could be told.
  }
}
