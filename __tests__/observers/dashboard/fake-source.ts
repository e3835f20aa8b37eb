import type { AttemptReport, EndpointSnapshot, Observer, ProxyEvent, RequestEnded } from '../../../src/index.ts';
import type { ManagedProxy } from '../../../src/observers/dashboard/dashboard.ts';
import { reportedEnd } from '../../events/reported-end.ts';
import { snapshotOf } from '../../helpers/snapshot.ts';

/** What a dashboard may ask of a proxy, with what it asked for. */
export class FakeSource implements ManagedProxy {
  endpoints: EndpointSnapshot[] = [snapshotOf('one'), snapshotOf('two')];
  hedgesDenied = 0;
  readonly observers = new Map<Observer, ReadonlyArray<ProxyEvent['type']> | undefined>();
  readonly changes: string[] = [];
  /** Subscriptions so far. */
  subscriptions = 0;

  subscribe(observer: Observer, types?: ReadonlyArray<ProxyEvent['type']>): () => void {
    this.subscriptions++;
    // As at a proxy, one observer may subscribe several times.
    const subscription: Observer = (event) => observer(event);
    this.observers.set(subscription, types);
    return () => void this.observers.delete(subscription);
  }

  /** The types of events that somebody hears. */
  get heard(): readonly string[] {
    return [...this.observers.values()].flatMap((types): readonly string[] => types ?? ['all']).sort();
  }

  emit(...events: readonly ProxyEvent[]): void {
    for (const event of events) {
      for (const [observer, types] of this.observers) if (!types || types.includes(event.type)) observer(event);
    }
  }

  drain(endpoint: string): boolean {
    return this.#change('drain', endpoint);
  }

  restore(endpoint: string): boolean {
    return this.#change('restore', endpoint);
  }

  #change(action: string, endpoint: string): boolean {
    this.changes.push(`${action} ${endpoint}`);
    return this.endpoints.some(({ name }) => name === endpoint);
  }
}

/** What became of an attempt at `one`, which won. */
export function reportOf(details: Partial<AttemptReport> = {}): AttemptReport {
  return {
    endpoint: 'one',
    reason: 'first',
    outcome: 'won',
    startedAfterMs: 0,
    durationMs: 10,
    discardedBytes: 0,
    ...details,
  };
}

/** The end of a request that was answered by `one`. */
export function requestEnded(details: Partial<RequestEnded> = {}): RequestEnded {
  return reportedEnd({
    type: 'request-ended',
    requestId: 1,
    method: 'GET',
    url: '/hello',
    status: 200,
    winner: 'one',
    servedBy: 'one',
    resumes: 0,
    bytes: 5,
    durationMs: 12,
    attempts: [reportOf({ status: 200 })],
    isBodyStreamed: false,
    strategy: 'race',
    error: undefined,
    ...details,
  });
}

/** The end of an attempt. */
export function attemptEnded(details: Partial<AttemptReport> = {}): ProxyEvent {
  return { type: 'attempt-ended', requestId: 1, method: 'GET', url: '/hello', attempt: 1, report: reportOf(details) };
}
