/** Why an attempt starts: it is the first, the delay is over, or another one has failed. */
export type StartReason = 'first' | 'delay' | 'failure';

/** What has become of a value that is held: it cannot break any more, it still may, or it is good for nothing. */
export type Condition = 'whole' | 'coming' | 'broken';

/** Counts something as in use until it ends. */
export interface Lease {
  /** Ends the lease; a second call does nothing. Needs no `this`. */
  readonly end: () => void;
}

export interface RaceOptions<Candidate, Value> {
  /** Who may be tried, in this order; pulled one at a time, only when an attempt is about to start. */
  readonly candidates: Iterable<Candidate>;
  /** Ends the race: every attempt is aborted and the promise rejects with the signal's reason. */
  readonly signal: AbortSignal;
  /** Starts one attempt. It must stop when `abort.signal` fires, and may fire it to give up. */
  start(candidate: Candidate, abort: AbortController, reason: StartReason): Promise<Value>;
  isUsable(value: Value): boolean;
  /**
   * Whether a usable value wins at once. Another one is held for `preferGraceMs`, during which the race goes on as after
   * a failure, and wins if no preferred one comes.
   * @default every usable value is preferred
   */
  isPreferred?(value: Value): boolean;
  /** @default 0 */
  readonly preferGraceMs?: number;
  /**
   * Asked of what is held. Further values are held along with one that may break; of them all the first that is whole wins,
   * else the first that is still coming, and none that is broken.
   * @default what is held is whole
   */
  conditionOf?(value: Value): Condition;
  /**
   * Milliseconds for which the losers may go on when the winner is known, to finish by themselves, before they are
   * aborted; Infinity lets all of them finish.
   * @default 0
   */
  readonly loserGraceMs?: number;
  /** Milliseconds from the start of `latest` to the next one: 0 at once, Infinity only after a failure. */
  delayMs(latest: Candidate): number;
  /**
   * Asked when the delay is over and somebody is left to try; the race ends the lease when the attempt has ended. Without a
   * lease no attempt starts by time until another one has started, which a failure still does.
   * @default every attempt may start, without a lease
   */
  leaseHedge?(): Lease | undefined;
  /**
   * Asked of a candidate just before its attempt would start; false passes it over.
   * @default always
   */
  mayStart?(candidate: Candidate): boolean;
  /**
   * Whether the next attempt may start after this failure; `undefined` stands for a value that is not usable.
   * @default always
   */
  mayFollow?(error: unknown): boolean;
  /** Takes every value that does not win; the race does not fire its abort handle any more. */
  discard(arrival: Arrival<Value>): void;
}

/** A value that an attempt gave; the attempt goes on until the owner is done with it or fires `abort`. */
export interface Arrival<Value> {
  readonly value: Value;
  readonly abort: AbortController;
}
