import { inspect, types } from 'node:util';

/** A function that gets events. The result is of no interest, but a promise may reject. */
type Subscriber<Event> = (event: Event) => unknown;

/** The subscribers of events. A subscriber that throws or rejects harms no other: the error becomes a warning of the process. */
export class Subscribers<Event> {
  readonly #subscribers = new Set<Subscriber<Event>>();

  /** The number of subscriptions. */
  get size(): number {
    return this.#subscribers.size;
  }

  /** Adds a subscriber. @returns the function that ends the subscription, and may be called more than once. */
  subscribe(subscriber: Subscriber<Event>): () => void {
    // A new function, so that two subscriptions of the same subscriber can be ended one by one.
    const subscription: Subscriber<Event> = (event) => subscriber(event);
    this.#subscribers.add(subscription);
    return () => void this.#subscribers.delete(subscription);
  }

  /** Tells all subscribers of an event. Throws nothing. */
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
