/**
 * Why an attempt starts. `first`: it is the first of its request. `race`: at once, beside the one before. `hedge`: the hedge delay is over.
 * `failure`: another one has failed or was not usable. `tier`: it is the first of its tier, because the tiers before were no help.
 * `retry`: all have been asked in vain, and are asked again. `resume`: the body that the client is being given broke off, and another
 * endpoint is asked for the rest.
 */
export type AttemptReason = 'first' | 'race' | 'hedge' | 'failure' | 'tier' | 'retry' | 'resume';

/** The state of a value that is held: `'whole'` cannot break any more, `'coming'` still may, `'broken'` is good for nothing. */
export type Condition = 'whole' | 'coming' | 'broken';

/** A part of an allowance that is in use until the lease ends. */
export interface Lease {
  /** Ends the lease; a second call does nothing. Needs no `this`. */
  readonly end: () => void;
}

/** Candidates that are tried at one pace, before those of the next stage. Its functions are called as those of {@link RaceOptions}. */
export interface RaceStage<Candidate> {
  /** The candidates in the order in which they are tried; pulled one at a time, only when an attempt is about to start. */
  readonly candidates: Iterable<Candidate>;
  /** Milliseconds from the start of `latest` to the next one: 0 at once, Infinity only after a failure. */
  delayMs(latest: Candidate): number;
  /**
   * Gives the lease of an attempt that would start because the delay is over; the race ends the lease when the attempt has
   * ended. Called only when a candidate is left. When there is none to give, no attempt starts by time until a failure has started one.
   * @default every attempt may start, without a lease
   */
  leaseHedge?(): Lease | undefined;
  /**
   * Whether a candidate may be tried, at the moment in which its attempt would start; false passes the candidate over.
   * @default always
   */
  mayStart?(candidate: Candidate): boolean;
  /**
   * Why the first attempt starts, unless it is the first of the race.
   * @default 'failure'
   */
  readonly opensFor?: AttemptReason;
  /**
   * Why every attempt starts.
   * @default as the race says
   */
  readonly reason?: AttemptReason | undefined;
}

/**
 * The rules of one race, of which the first stage is a part. Its functions are called in the race's own steps: one that throws ends the
 * race with its error.
 */
export interface RaceOptions<Candidate, Value> extends RaceStage<Candidate> {
  /**
   * Gives the stage that is next, when nobody of those before is under way or left to try, or when `stageDelayMs` is over; a number of
   * milliseconds when the race should wait and ask again; undefined when there is none, or none for this reason.
   * @default there is one stage
   */
  nextStage?(isByTime: boolean): RaceStage<Candidate> | number | undefined;
  /**
   * Milliseconds from the opening of a stage until the next one opens, although attempts are under way; not while a value is held.
   * @default Infinity
   */
  readonly stageDelayMs?: number;
  /** Ends the race when it fires: every attempt is aborted and the promise rejects with the signal's reason. */
  readonly signal: AbortSignal;
  /** Starts one attempt, which must stop when `abort.signal` fires, and may fire `abort` to give up. */
  start(candidate: Candidate, abort: AbortController, reason: AttemptReason): Promise<Value>;
  /** Whether a value may win; an unusable one counts as a failure. */
  isUsable(value: Value): boolean;
  /**
   * Whether a usable value wins at once. A value that is not preferred is held for `preferGraceMs`, while the race goes on as
   * after a failure, and wins if no preferred one comes.
   * @default every usable value is preferred
   */
  isPreferred?(value: Value): boolean;
  /**
   * Milliseconds for which a value that is not preferred is held; Infinity holds it until nobody is left to try.
   * @default 0
   */
  readonly preferGraceMs?: number;
  /**
   * The state of a value that is held. Beside one that may still break, further values are held; the first whole one of them
   * wins, else the first that is coming, and never a broken one.
   * @default every value that is held is whole
   */
  conditionOf?(value: Value): Condition;
  /**
   * Milliseconds for which the losers may go on when the winner is known, so that they can finish, before they are aborted;
   * Infinity lets all of them finish.
   * @default 0
   */
  readonly loserGraceMs?: number;
  /**
   * Whether any further attempt may start after this failure; `undefined` stands for a value that is not usable.
   * @default always
   */
  mayFollow?(error: unknown): boolean;
  /** Takes every value that does not win; the race does not fire its abort handle any more. */
  discard(arrival: Arrival<Value>): void;
}

/** A value that an attempt gave. */
export interface Arrival<Value> {
  /** The value itself. */
  readonly value: Value;
  /** Ends the attempt, which may still be working on the value; whoever owns the arrival may fire it. */
  readonly abort: AbortController;
}
