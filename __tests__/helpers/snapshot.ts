import type { EndpointSnapshot } from '../../src/index.ts';

/** The state of an endpoint to which nothing has happened but what the details say. */
export function snapshotOf(name: string, details: Partial<EndpointSnapshot> = {}): EndpointSnapshot {
  return {
    name,
    tier: 0,
    state: 'available',
    backInMs: 0,
    ejectionCause: undefined,
    inFlight: 0,
    successes: 0,
    wins: 0,
    failures: 0,
    timeouts: 0,
    cancelled: 0,
    healthRatio: 1,
    latencyMs: undefined,
    latencyCount: 0,
    ...details,
  };
}
