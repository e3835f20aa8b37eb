import { OpenStage } from './open-stage.ts';
import type { AttemptReason, Lease, RaceOptions, RaceStage } from './rules.ts';

/** An attempt that is about to start. */
export interface Start<Candidate> {
  readonly candidate: Candidate;
  /** The stage that the candidate is of. */
  readonly stage: OpenStage<Candidate>;
  readonly reason: AttemptReason;
  /** Ends with the attempt, where one was needed. */
  readonly lease: Lease | undefined;
}

/** The race whose attempts start. */
interface Starting<Candidate> {
  /** The rules of the race, of which the first stage is a part. */
  readonly rules: RaceStage<Candidate> & Pick<RaceOptions<Candidate, unknown>, 'nextStage' | 'stageDelayMs'>;
  /** Makes one attempt. */
  launch(start: Start<Candidate>): void;
  /** Called when a stage has nobody left to try. */
  onUsedUp(): void;
  /** Whether a value is held that is better than another stage. */
  isServed(): boolean;
  /** Calls a step of the race from a timer. */
  guard(step: () => void): void;
}

/** Starts the attempts of a race: one stage after the other, each at its own pace. */
export class Starts<Candidate> {
  readonly #race: Starting<Candidate>;
  readonly #first: OpenStage<Candidate>;
  /** The stages that may have candidates left. */
  readonly #stages: OpenStage<Candidate>[];
  #hasStarted = false;
  #isOver = false;
  #timer: NodeJS.Timeout | undefined;

  constructor(race: Starting<Candidate>) {
    this.#race = race;
    this.#first = new OpenStage(race.rules);
    this.#stages = [this.#first];
  }

  /** Starts the first attempts. */
  begin(): void {
    this.#begin(this.#first);
  }

  /** Starts the next attempts of a stage of which one has failed. */
  follow(stage: OpenStage<Candidate>): void {
    this.#startNext(stage, 'failure');
  }

  /** Opens the next stage, at once or after a pause, when the ones before were no help. @returns whether there is one. */
  openNext(): boolean {
    clearTimeout(this.#timer);
    if (this.#isOver) return false;
    const next = this.#race.rules.nextStage?.(false);
    // A function of the caller may have fired the signal.
    if (next === undefined || this.#isOver) return false;
    // All are used up, and there may be thousands of rounds.
    this.#stages.length = 0;
    if (typeof next === 'object') this.#open(next);
    else this.#timer = setTimeout(this.#onPause, next);
    return true;
  }

  /** Lets no attempt start any more. */
  stop(): void {
    this.#isOver = true;
    clearTimeout(this.#timer);
    for (const stage of this.#stages) stage.stopWaiting();
  }

  /** Closes the iterators of all stages, of which each may throw. */
  *closing(): Iterable<() => void> {
    for (const stage of this.#stages) yield () => stage.close();
  }

  #open(rules: RaceStage<Candidate>): void {
    const stage = new OpenStage(rules);
    this.#stages.push(stage);
    this.#begin(stage);
  }

  /** Starts the first attempts of a stage. From now on, the next one may open by time. */
  #begin(stage: OpenStage<Candidate>): void {
    this.#waitForNext();
    this.#startNext(stage, this.#hasStarted ? (stage.rules.opensFor ?? 'failure') : 'first');
  }

  readonly #onPause = (): void => this.#race.guard(() => this.#race.onUsedUp());

  #waitForNext(): void {
    const { stageDelayMs = Infinity } = this.#race.rules;
    if (stageDelayMs < Infinity) this.#timer = setTimeout(this.#onStageDelay, stageDelayMs);
  }

  readonly #onStageDelay = (): void =>
    this.#race.guard(() => {
      // The value that is held may still break.
      if (this.#race.isServed()) return this.#waitForNext();
      const next = this.#race.rules.nextStage?.(true);
      if (typeof next === 'object' && !this.#isOver) this.#open(next);
    });

  #startNext(stage: OpenStage<Candidate>, reason: AttemptReason): void {
    stage.stopWaiting();
    let delayMs = this.#start(stage, reason);
    while (delayMs === 0) delayMs = this.#start(stage, 'race');
    if (delayMs < Infinity) stage.wait(delayMs, () => this.#race.guard(() => this.#startNext(stage, 'hedge')));
  }

  /** Starts one attempt, if one may start. @returns milliseconds until the next one, or Infinity. */
  #start(stage: OpenStage<Candidate>, reason: AttemptReason): number {
    const { delayMs, leaseHedge } = stage.rules;
    const next = stage.peek();
    if (next.done) {
      this.#race.onUsedUp();
      return Infinity;
    }
    const isByTime = reason === 'race' || reason === 'hedge';
    const lease = isByTime ? leaseHedge?.() : undefined;
    if (isByTime && leaseHedge && !lease) return Infinity;
    // A function of the caller may have fired the signal: no attempt and no timer may start when the race is over.
    if (this.#isOver) {
      lease?.end();
      return Infinity;
    }
    stage.take();
    this.#hasStarted = true;
    this.#race.launch({ candidate: next.value, stage, reason: stage.rules.reason ?? reason, lease });
    const ms = delayMs(next.value);
    return this.#isOver ? Infinity : ms;
  }
}
