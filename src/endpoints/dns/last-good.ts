/** Upper limit of the milliseconds between a try that failed and the next one. */
const maxRetryMs = 5_000;

/** Upper limit of the milliseconds for which a caller waits for a new answer while an old one is known. */
const maxWaitMs = 200;

/** How answers are renewed. */
interface LastGoodRules<T> {
  /** Milliseconds for which an answer is fresh, or Infinity. */
  readonly refreshMs: number;
  /** Asks for an answer; `known` is the one before. */
  readonly ask: (known: T | undefined) => Promise<T>;
}

/**
 * The last good answer of a source that may fail, such as DNS. The source is asked when a caller wants the answer, so there is no timer
 * and nothing to close. The first callers wait for the first answer. Later callers get a stale answer while a new one is on its way, and
 * an old answer when the source fails.
 */
export class LastGood<T> {
  readonly #rules: LastGoodRules<T>;
  #known: { readonly answer: T; readonly sinceMs: number } | undefined;
  #asking: Promise<T> | undefined;
  /** Set while the answer is too old to be given: callers wait for this one. */
  #awaited: Promise<T> | undefined;
  /** Set when the last try failed: the next one comes at this time of `performance.now()` or later. */
  #retryAtMs: number | undefined;

  constructor(rules: LastGoodRules<T>) {
    this.#rules = rules;
  }

  /**
   * Gives the answer, and renews a stale one in the background. After a long pause, which the answer would be as old as, callers wait a
   * little for the new answer.
   * @throws the error of `ask`, as a rejection, and only while no answer is known.
   */
  get(): T | Promise<T> {
    if (!this.#known) return this.renew();
    return this.keepFresh() ?? this.#known.answer;
  }

  /** Whether the last good answer is not stale yet. */
  get isFresh(): boolean {
    return this.#known !== undefined && performance.now() - this.#known.sinceMs < this.#rules.refreshMs;
  }

  /** Takes over an answer of somebody else's, which is stale, as long as there is none of our own. */
  takeOver(answer: T): void {
    this.#known ??= { answer, sinceMs: -Infinity };
  }

  /**
   * Has a stale or missing answer asked for in the background, but not soon after a try that failed.
   * @returns the new answer, or after a little while the old one, where the known answer is as old as a long pause; else undefined.
   */
  keepFresh(): Promise<T> | undefined {
    const { sinceMs = -Infinity } = this.#known ?? {};
    const { refreshMs } = this.#rules;
    const now = performance.now();
    const ageMs = now - sinceMs;
    if (ageMs < refreshMs || now < (this.#retryAtMs ?? 0)) return undefined;
    if (!this.#asking) {
      const renewed = this.renew();
      renewed.catch(() => {});
      const isTooOld = ageMs >= 2 * refreshMs && this.#retryAtMs === undefined;
      this.#awaited = this.#known && isTooOld ? this.#awaitShortly(renewed, this.#known.answer) : undefined;
    }
    return this.#awaited;
  }

  /** Resolves with the new answer, or with the old one when the new one takes too long. */
  #awaitShortly(renewed: Promise<T>, answer: T): Promise<T> {
    const { promise, resolve } = Promise.withResolvers<T>();
    const timer = setTimeout(() => {
      this.#awaited = undefined;
      resolve(answer);
    }, maxWaitMs);
    const end = (newest: T): void => {
      clearTimeout(timer);
      resolve(newest);
    };
    renewed.then(end, () => end(answer));
    return promise;
  }

  /** Asks, once for all callers who wait. @throws the error of `ask`, as a rejection. */
  renew(): Promise<T> {
    this.#asking ??= this.#ask().finally(() => {
      this.#asking = undefined;
    });
    return this.#asking;
  }

  async #ask(): Promise<T> {
    const { ask, refreshMs } = this.#rules;
    try {
      const answer = await ask(this.#known?.answer);
      this.#known = { answer, sinceMs: performance.now() };
      this.#retryAtMs = undefined;
      return answer;
    } catch (error) {
      this.#retryAtMs = performance.now() + Math.min(refreshMs, maxRetryMs);
      throw error;
    }
  }
}
