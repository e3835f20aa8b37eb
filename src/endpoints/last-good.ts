/** Most milliseconds from a try that failed to the next one. */
const maxRetryMs = 5_000;

/** Most milliseconds that anybody waits for a new answer while an old one is known. */
const maxWaitMs = 200;

export interface LastGoodSettings<T> {
  /** Milliseconds for which an answer is taken for fresh. */
  readonly refreshMs: number;
  /** Asks for the answer; `known` is the one before. */
  readonly ask: (known: T | undefined) => Promise<T>;
}

/**
 * The last good answer of somebody who may fail. It is asked for when it is wanted, so there is no timer and nothing to
 * close: the first time everybody waits; later on a stale answer is good enough while a new one is on its way, and an old
 * one is better than none.
 */
export class LastGood<T> {
  readonly #settings: LastGoodSettings<T>;
  #known: { readonly answer: T; readonly sinceMs: number } | undefined;
  #asking: Promise<T> | undefined;
  /** Whoever comes while it is asked for waits for this: the answer before is too old. */
  #awaited: Promise<T> | undefined;
  /** Only when the last try failed: no other one before this time. */
  #retryAtMs: number | undefined;

  constructor(settings: LastGoodSettings<T>) {
    this.#settings = settings;
  }

  /**
   * The answer, which is renewed in the background when it is stale. Who comes after a long pause waits a little for a new
   * one: the old one would be as old as the pause.
   * @throws what `ask` rejects with, as a rejection, and only while no answer is known.
   */
  get(): T | Promise<T> {
    if (!this.#known) return this.#renew();
    const { answer, sinceMs } = this.#known;
    const { refreshMs } = this.#settings;
    const now = performance.now();
    const ageMs = now - sinceMs;
    if (ageMs < refreshMs || now < (this.#retryAtMs ?? 0)) return answer;
    if (!this.#asking) {
      const renewed = this.#renew().catch(() => answer);
      const isTooOld = ageMs >= 2 * refreshMs && this.#retryAtMs === undefined;
      this.#awaited = isTooOld ? this.#awaitShortly(renewed, answer) : undefined;
    }
    return this.#awaited ?? answer;
  }

  /** The new answer, or the one before when the new one takes so long that nobody is to wait for it. */
  #awaitShortly(renewed: Promise<T>, answer: T): Promise<T> {
    const { promise, resolve } = Promise.withResolvers<T>();
    const timer = setTimeout(() => {
      this.#awaited = undefined;
      resolve(answer);
    }, maxWaitMs);
    void renewed.then((newest) => {
      clearTimeout(timer);
      resolve(newest);
    });
    return promise;
  }

  /** One at a time, for all who wait. */
  #renew(): Promise<T> {
    this.#asking ??= this.#ask().finally(() => {
      this.#asking = undefined;
    });
    return this.#asking;
  }

  async #ask(): Promise<T> {
    const { ask, refreshMs } = this.#settings;
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
