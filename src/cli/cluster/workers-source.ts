import type { EndpointSnapshot, EndpointState, ManagedProxy, Observer, ProxyEvent } from '../../index.ts';
import { Subscribers } from '../../support/subscribers.ts';
import { mergeSnapshots, PastCounts } from '../serve/snapshots.ts';
import type { WorkerState } from './messages.ts';
import { type PackedEvent, unpack } from './packed-events.ts';
import type { WorkerHandle } from './worker-handle.ts';

/** While somebody watches, workers are asked for their state this often, and have as long to answer. */
const refreshMs = 400;

/** What the source needs to know of all workers. */
export interface Team {
  readonly workers: Iterable<WorkerHandle>;
  /** Gives the names of the endpoints that are configured. */
  readonly endpoints: () => readonly string[];
}

/**
 * All workers seen as one proxy. It shows what they said last; while nobody watches, nobody is asked and nothing is
 * reported.
 */
export class WorkersSource implements ManagedProxy {
  readonly #team: Team;
  readonly #observers = new Subscribers<ProxyEvent>();
  /** What somebody wants to be left out, whatever the workers have said so far. */
  readonly #drained = new Set<string>();
  /** By the number of the worker. */
  readonly #states = new Map<number, WorkerState>();
  readonly #past = new PastCounts();
  #pastDenied = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(team: Team) {
    this.#team = team;
  }

  get endpoints(): readonly EndpointSnapshot[] {
    const endpoints = this.#team.endpoints();
    const merged = mergeSnapshots([...this.#states.values()].map((state) => state.endpoints));
    const configured = merged.filter(({ name }) => endpoints.includes(name));
    return this.#past.addedTo(configured).map((snapshot) => this.#asChanged(snapshot));
  }

  get hedgesDenied(): number {
    return [...this.#states.values()].reduce((total, { hedgesDenied }) => total + hedgesDenied, this.#pastDenied);
  }

  get isWatched(): boolean {
    return this.#observers.size > 0;
  }

  /** The endpoints that are drained, for workers that start later. */
  get drained(): readonly string[] {
    return [...this.#drained];
  }

  drain(endpoint: string): boolean {
    return this.#change('drain', endpoint);
  }

  restore(endpoint: string): boolean {
    return this.#change('restore', endpoint);
  }

  subscribe(observer: Observer): () => void {
    const unsubscribe = this.#observers.subscribe(observer);
    if (this.#observers.size === 1) this.#watch();
    return () => {
      const wasWatched = this.isWatched;
      unsubscribe();
      if (wasWatched && !this.isWatched) this.#stopWatching();
    };
  }

  /** Passes on what a worker reports. */
  report(events: readonly PackedEvent[]): void {
    for (const event of events) this.#observers.tell(unpack(event));
  }

  /** Asks the workers how things are. */
  async refresh(): Promise<void> {
    const ask = async (worker: WorkerHandle): Promise<void> => {
      const state = await worker.askInTime('state', undefined, refreshMs);
      if (state) this.#states.set(worker.number, state);
    };
    await Promise.all([...this.#team.workers].map(ask));
  }

  /** Remembers what a worker has counted that is no more. @param last its last words, if it had any. */
  bury({ number }: WorkerHandle, last: WorkerState | undefined): void {
    const { endpoints = [], hedgesDenied = 0 } = last ?? this.#states.get(number) ?? {};
    this.#states.delete(number);
    this.#past.add(endpoints);
    this.#pastDenied += hedgesDenied;
  }

  /** Forgets endpoints that are no longer configured. */
  forgetOthers(): void {
    const endpoints = this.#team.endpoints();
    this.#past.keepOnly(endpoints);
    for (const name of this.#drained) if (!endpoints.includes(name)) this.#drained.delete(name);
  }

  #change(change: 'drain' | 'restore', endpoint: string): boolean {
    if (!this.#team.endpoints().includes(endpoint)) return false;
    if (change === 'drain') this.#drained.add(endpoint);
    else this.#drained.delete(endpoint);
    for (const worker of this.#team.workers) worker.tell(change, endpoint);
    return true;
  }

  /** Who has just drained an endpoint wants to see that at once, and not when all workers have answered. */
  #asChanged(snapshot: EndpointSnapshot): EndpointSnapshot {
    const isDrained = this.#drained.has(snapshot.name);
    if (isDrained === (snapshot.state === 'drained')) return snapshot;
    const state: EndpointState = isDrained ? 'drained' : 'available';
    return { ...snapshot, state, backInMs: 0 };
  }

  #watch(): void {
    for (const worker of this.#team.workers) worker.tell('watch', true);
    void this.refresh();
    this.#timer = setInterval(() => void this.refresh(), refreshMs);
  }

  #stopWatching(): void {
    clearInterval(this.#timer);
    for (const worker of this.#team.workers) worker.tell('watch', false);
  }
}
