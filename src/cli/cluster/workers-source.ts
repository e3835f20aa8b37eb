import type { EndpointSnapshot, EndpointState, ManagedProxy, Observer, ProxyEvent } from '../../index.ts';
import type { HistoryRecord } from '../../observers/dashboard/history/history-record.ts';
import { Subscribers } from '../../support/subscribers.ts';
import { mergeSnapshots, mostGone, PastCounts, withoutGone } from '../serve/snapshots.ts';
import type { WorkerState } from './messages.ts';
import { type PackedEvent, unpack } from './packed-events.ts';
import type { WorkerHandle } from './worker-handle.ts';
import type { WorkersNames } from './workers-names.ts';

/** Milliseconds between two questions for the workers' state, while somebody watches, and the time for an answer. */
const refreshMs = 400;

/** The workers, as far as the source needs to know them. */
interface Team {
  readonly workers: Iterable<WorkerHandle>;
  /** Gives the names of the endpoints that are configured, but for those that DNS gives. */
  readonly endpoints: () => readonly string[];
  /** The endpoints that DNS gives. */
  readonly names: Pick<WorkersNames, 'endpoints' | 'hasSeen'>;
  /** Whether DNS is asked at all. */
  readonly isByDns: () => boolean;
}

/**
 * All workers seen as one proxy, by the last answer of each. While nobody watches, no worker is asked and none reports events.
 */
export class WorkersSource implements ManagedProxy {
  readonly #team: Team;
  readonly #observers = new Subscribers<ProxyEvent>();
  /** The endpoints that somebody has drained, whatever the workers have said so far. */
  readonly #drained = new Set<string>();
  /** The last answer of each worker, by its number. */
  readonly #states = new Map<number, WorkerState>();
  readonly #past = new PastCounts();
  #pastDenied = 0;
  #timer: NodeJS.Timeout | undefined;
  #records: Promise<readonly HistoryRecord[]> = Promise.resolve([]);

  constructor(team: Team) {
    this.#team = team;
  }

  /** The endpoints that there are, with the counts of all workers, those that are no more included. */
  get endpoints(): readonly EndpointSnapshot[] {
    const merged = mergeSnapshots([...this.#states.values()].map((state) => state.endpoints));
    const known = merged.filter(({ name }) => this.#isKnown(name)).map((snapshot) => this.#asChanged(snapshot));
    return this.#past.addedTo(withoutGone(known, this.#isGone));
  }

  /** How often a budget was used up, at any worker that ever was. */
  get hedgesDenied(): number {
    return [...this.#states.values()].reduce((total, { hedgesDenied }) => total + hedgesDenied, this.#pastDenied);
  }

  /** What each worker remembers of the time before somebody began to watch: its events go on where its record ends. */
  get records(): Promise<readonly HistoryRecord[]> {
    return this.#records;
  }

  /** Whether anybody wants to be told of events. */
  get isWatched(): boolean {
    return this.#observers.size > 0;
  }

  /** The endpoints that are drained, for workers that start later. */
  get drained(): readonly string[] {
    return [...this.#drained];
  }

  /** Leaves an endpoint out at every worker. @returns whether there is such an endpoint. */
  drain(endpoint: string): boolean {
    return this.#change('drain', endpoint);
  }

  /** Undoes {@link drain}. @returns whether there is such an endpoint. */
  restore(endpoint: string): boolean {
    return this.#change('restore', endpoint);
  }

  /** Tells an observer of the events of all workers, of the types that a dashboard needs: the others are not sent. @returns its unsubscribe. */
  subscribe(observer: Observer, types?: ReadonlyArray<ProxyEvent['type']>): () => void {
    const unsubscribe = this.#observers.subscribe((event) => {
      if (!types || types.includes(event.type)) return observer(event);
    });
    if (this.#observers.size === 1) this.#watch();
    return () => {
      const wasWatched = this.isWatched;
      unsubscribe();
      if (wasWatched && !this.isWatched) this.#stopWatching();
    };
  }

  /** Passes on the events of a worker. */
  report(events: readonly PackedEvent[]): void {
    for (const event of events) this.#observers.tell(unpack(event));
  }

  /** Asks the workers for their state. */
  async refresh(): Promise<void> {
    const ask = async (worker: WorkerHandle): Promise<void> => {
      const state = await worker.askInTime('state', undefined, refreshMs);
      if (state) this.#states.set(worker.number, state);
    };
    await Promise.all([...this.#team.workers].map(ask));
  }

  /** Keeps the counts of a worker that is no more. @param last its last words, if it had any. */
  bury({ number }: WorkerHandle, last: WorkerState | undefined): void {
    const { endpoints = [], hedgesDenied = 0 } = last ?? this.#states.get(number) ?? {};
    this.#states.delete(number);
    this.#past.add(endpoints);
    this.#pastDenied += hedgesDenied;
    this.#forgetGone();
  }

  /** Forgets endpoints that are no longer configured. Those that DNS has given may come back. */
  forgetOthers(): void {
    this.#forgetGone();
    if (this.#team.isByDns()) return;
    const endpoints = this.#team.endpoints();
    for (const name of this.#drained) if (!endpoints.includes(name)) this.#drained.delete(name);
  }

  #forgetGone(): void {
    const { endpoints, names, isByDns } = this.#team;
    this.#past.keepOnly([...endpoints(), ...names.endpoints], isByDns() ? mostGone : 0);
  }

  readonly #isGone = (endpoint: string): boolean => {
    const { endpoints, names } = this.#team;
    return !endpoints().includes(endpoint) && !names.endpoints.includes(endpoint);
  };

  #isKnown(endpoint: string): boolean {
    return this.#team.endpoints().includes(endpoint) || this.#team.names.hasSeen(endpoint);
  }

  #change(change: 'drain' | 'restore', endpoint: string): boolean {
    if (!this.#isKnown(endpoint) && !this.#drained.has(endpoint)) return false;
    if (change === 'drain') this.#drained.add(endpoint);
    else this.#drained.delete(endpoint);
    for (const worker of this.#team.workers) worker.tell(change, endpoint);
    return true;
  }

  /** Whoever has just drained an endpoint wants to see that at once, and not when all workers have answered. */
  #asChanged(snapshot: EndpointSnapshot): EndpointSnapshot {
    const isDrained = this.#drained.has(snapshot.name);
    if (isDrained === (snapshot.state === 'drained')) return snapshot;
    const state: EndpointState = isDrained ? 'drained' : 'available';
    return { ...snapshot, state, backInMs: 0, ejectionCause: undefined };
  }

  #watch(): void {
    const records = [...this.#team.workers].map((worker) => worker.askInTime('watch', true, refreshMs));
    this.#records = Promise.all(records).then((all) => all.filter((record) => record !== undefined));
    void this.refresh();
    this.#timer = setInterval(() => void this.refresh(), refreshMs);
  }

  #stopWatching(): void {
    clearInterval(this.#timer);
    for (const worker of this.#team.workers) worker.tell('watch', false);
  }
}
