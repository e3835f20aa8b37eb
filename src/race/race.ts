/**
 * The one mechanism behind every strategy: start an attempt, then wait for whichever comes first, a usable value, a
 * failure or the delay; on the last two start the next attempt. With a delay of 0 that is a race of all, with Infinity a
 * failover, with anything between a hedge. Candidates come in stages, of which the next one opens when those before were no help, or
 * after a delay of its own. Nothing here knows HTTP.
 *
 * The winner takes its abort handle along, because it may still be streaming when the race is over (cancelling it cut
 * 512 KB responses short in go-resty PR 1197 and hedgedhttp PR 1).
 */

import { Held } from './held.ts';
import type { OpenStage } from './open-stage.ts';
import type { Arrival, RaceOptions } from './rules.ts';
import { type Start, Starts } from './starts.ts';

/** One race, from its first attempt until the last loser has ended. */
export class Race<Candidate, Value> {
  readonly #options: RaceOptions<Candidate, Value>;
  readonly #starts: Starts<Candidate>;
  /** The attempts under way, each with its stage. */
  readonly #running = new Map<AbortController, OpenStage<Candidate>>();
  readonly #result = Promise.withResolvers<Arrival<Value> | undefined>();
  /** Usable values that wait for a preferred one. */
  readonly #held: Held<Value>;
  #mayStart = true;
  #isOver = false;
  #graceTimer: NodeJS.Timeout | undefined;
  #loserTimer: NodeJS.Timeout | undefined;

  constructor(options: RaceOptions<Candidate, Value>) {
    this.#options = options;
    this.#held = new Held(options.conditionOf);
    this.#starts = new Starts({
      rules: options,
      launch: this.#launch,
      onUsedUp: this.#onUsedUp,
      isServed: () => this.#held.isOfUse,
      guard: this.#guard,
    });
  }

  /**
   * Runs the race to its end; to be called once.
   * @returns the winner, or undefined when every candidate was tried and no value was usable (each went to `discard`).
   * @throws the signal's reason when it fires first; whatever a function of the caller throws.
   */
  run(): Promise<Arrival<Value> | undefined> {
    const { signal } = this.#options;
    if (signal.aborted) this.#onAbort();
    else {
      signal.addEventListener('abort', this.#onAbort);
      this.#guard(() => this.#starts.begin());
    }
    return this.#result.promise;
  }

  readonly #onAbort = (): void => {
    this.#fail(this.#options.signal.reason);
  };

  readonly #launch = ({ candidate, stage, reason, lease }: Start<Candidate>): void => {
    const abort = new AbortController();
    this.#running.set(abort, stage);
    const attempt = this.#options.start(candidate, abort, reason);
    if (lease) attempt.then(lease.end, lease.end);
    attempt.then(
      (value) => this.#guard(() => this.#onValue({ value, abort })),
      (error) => this.#guard(() => this.#onFailure(abort, error)),
    );
  };

  #onValue(arrival: Arrival<Value>): void {
    const { isUsable, isPreferred, discard } = this.#options;
    if (this.#isOver || !isUsable(arrival.value)) {
      discard(arrival);
      this.#onFailure(arrival.abort, undefined);
    } else if (isPreferred?.(arrival.value) === false) this.#hold(arrival);
    else this.#win(arrival);
  }

  #hold(arrival: Arrival<Value>): void {
    const { preferGraceMs = 0, discard } = this.#options;
    if (this.#held.isSure) discard(arrival);
    else this.#held.add(arrival);
    if (preferGraceMs < Infinity) this.#graceTimer ??= setTimeout(this.#onGrace, preferGraceMs);
    this.#onFailure(arrival.abort, undefined);
  }

  readonly #onGrace = (): void => {
    this.#guard(() => void this.winWithHeld());
  };

  /** Ends the race with the best value that is held. @returns whether there is one. */
  winWithHeld(): boolean {
    const best = this.#held.takeBest();
    if (best) this.#win(best);
    else this.#discardBroken();
    return best !== undefined;
  }

  /** The next value that is held has a grace of its own. */
  #discardBroken(): void {
    clearTimeout(this.#graceTimer);
    this.#graceTimer = undefined;
    for (const broken of this.#held.takeAll()) this.#options.discard(broken);
  }

  #onFailure(abort: AbortController, error: unknown): void {
    const stage = this.#running.get(abort);
    this.#running.delete(abort);
    if (this.#isOver) {
      // The last loser has finished within its grace.
      if (stage && this.#running.size === 0) this.#end();
    } else if (!this.#mayStart || this.#options.mayFollow?.(error) === false) this.#startNoMore();
    else if (stage) this.#starts.follow(stage);
  }

  #startNoMore(): void {
    this.#mayStart = false;
    this.#starts.stop();
    this.#onUsedUp();
  }

  /** Has the next stage open when nobody is under way, nor held. Without one, the race is exhausted. */
  readonly #onUsedUp = (): void => {
    if (this.#running.size > 0 || this.winWithHeld()) return;
    if (!this.#starts.openNext() && !this.#isOver) this.#exhaust();
  };

  #exhaust(): void {
    this.#stop();
    this.#end();
    this.#result.resolve(undefined);
  }

  #win(winner: Arrival<Value>): void {
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

  /** Lets nothing start any more; attempts under way go on. */
  #stop(): void {
    this.#isOver = true;
    this.#starts.stop();
    clearTimeout(this.#graceTimer);
    // The end of the race is settled, so that an iterator or a discard that throws, as in `for...of`, cannot change it.
    for (const close of this.#starts.closing()) ignoringErrors(close);
    for (const arrival of this.#held.takeAll()) ignoringErrors(() => this.#options.discard(arrival));
  }

  readonly #end = (): void => {
    clearTimeout(this.#loserTimer);
    this.#options.signal.removeEventListener('abort', this.#onAbort);
    for (const abort of this.#running.keys()) abort.abort();
    this.#running.clear();
  };

  /** Lets a function of the caller that throws end the race with its error; the race would stay pending for ever otherwise. */
  readonly #guard = (step: () => void): void => {
    try {
      step();
    } catch (error) {
      this.#fail(error);
    }
  };
}

function ignoringErrors(step: () => void): void {
  try {
    step();
  } catch {
    // The promise of the race is settled: nobody could be told.
  }
}
