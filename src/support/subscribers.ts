import { inspect, types } from 'node:util';

/** Takes what it has subscribed to; the result is of no interest, but that a promise may reject. */
export type Subscriber<Event> = (event: Event) => unknown;

/** Those who are told of events. A fault of one of them is that one's alone: it becomes a warning of the process. */
export class Subscribers<Event> {
  readonly #subscribers = new Set<Subscriber<Event>>();

  get size(): number {
    return this.#subscribers.size;
  }

  /** @returns its unsubscribe, which may be called more than once. */
  subscribe(subscriber: Subscriber<Event>): () => void {
    // A function of our own, so that subscribing the same function twice can be undone one at a time.
    const subscription: Subscriber<Event> = (event) => subscriber(event);
    this.#subscribers.add(subscription);
    return () => void this.#subscribers.delete(subscription);
  }

  tell(event: Event): void {
    for (const subscriber of this.#subscribers) {
      try {
        const result = subscriber(event);
        if (types.isPromise(result)) result.catch(warn);
      } catch (error) {
        warn(error);
      }
    }
  }
}

function warn(thrown: unknown): void {
  process.emitWarning(thrown instanceof Error ? thrown : `an observer threw ${inspect(thrown)}`);
}
