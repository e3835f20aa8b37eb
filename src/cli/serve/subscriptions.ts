import type { BalancingProxy, Observer, ProxyEvent } from '../../index.ts';

/** A proxy that is or was in use. */
export interface Generation {
  readonly proxy: BalancingProxy;
  /** Requests that had come before this proxy was in use: its own request numbers are counted from there. */
  readonly before: number;
}

/** Somebody who hears events. */
interface Subscription {
  readonly observer: Observer;
  /** The types of the events; undefined for all. */
  readonly types: ReadonlyArray<ProxyEvent['type']> | undefined;
  /** The functions that end it, one for each proxy that may still report. */
  readonly ends: Map<Generation, () => void>;
}

/** Workers that have numbers of their own: a command may start more of them in its life, but hardly so many at a time. */
const numberedWorkers = 1_000;

/** The observers of proxies that come one after the other, which hear of each request under a number of its own. */
export class Subscriptions {
  readonly #worker: number | undefined;
  readonly #all = new Set<Subscription>();

  /** @param worker the number of the worker that this process is: request numbers end in its last three digits. */
  constructor(worker: number | undefined) {
    this.#worker = worker;
  }

  /** Tells an observer of the events of these proxies, and of those that come after. @returns its unsubscribe. */
  begin(observer: Observer, types: Subscription['types'], generations: readonly Generation[]): () => void {
    const subscription: Subscription = { observer, types, ends: new Map() };
    this.#all.add(subscription);
    for (const generation of generations) this.#report(generation, subscription);
    return () => {
      this.#all.delete(subscription);
      for (const end of subscription.ends.values()) end();
    };
  }

  /** Tells all observers of the events of one more proxy. */
  follow(generation: Generation): void {
    for (const subscription of this.#all) this.#report(generation, subscription);
  }

  /** Lets go of a proxy that reports nothing any more. */
  forget(generation: Generation): void {
    for (const { ends } of this.#all) ends.delete(generation);
  }

  /** Passes on what a generation reports from now on. */
  #report(generation: Generation, { observer, types, ends }: Subscription): void {
    const end = generation.proxy.subscribe((event) => observer(this.#numbered(event, generation)), types);
    ends.set(generation, end);
  }

  #numbered(event: ProxyEvent, { before }: Generation): ProxyEvent {
    if (!('requestId' in event) || (before === 0 && this.#worker === undefined)) return event;
    const number = before + event.requestId;
    const requestId = this.#worker === undefined ? number : number * numberedWorkers + (this.#worker % numberedWorkers);
    return { ...event, requestId };
  }
}
