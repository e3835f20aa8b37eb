import { ejectionCauses, endpointStates } from '../../endpoints/state/snapshot.ts';
import type { EndpointSnapshot, LatencySummary } from '../../index.ts';

const counts = ['inFlight', 'successes', 'wins', 'failures', 'timeouts', 'cancelled'] as const;

/** Endpoints that are gone of which something is kept at most, where DNS may bring them back. */
export const mostGone = 256;

/** An endpoint's snapshot whose counts are those of both. */
export function addCounts(snapshot: EndpointSnapshot, other: EndpointSnapshot | undefined): EndpointSnapshot {
  if (!other) return snapshot;
  return { ...snapshot, ...Object.fromEntries(counts.map((name) => [name, snapshot[name] + other[name]])) };
}

/** Leaves those of the endpoints out that are gone, but for those that somebody has drained, or that still have something under way. */
export function withoutGone(
  snapshots: readonly EndpointSnapshot[],
  isGone: (name: string) => boolean,
): readonly EndpointSnapshot[] {
  return snapshots.filter(({ name, inFlight, state }) => inFlight > 0 || state === 'drained' || !isGone(name));
}

/** The counts of proxies that are no more, by the name of the endpoint. */
export class PastCounts {
  readonly #counts = new Map<string, EndpointSnapshot>();

  /** Remembers the last snapshots of a proxy. */
  add(snapshots: readonly EndpointSnapshot[]): void {
    for (const snapshot of snapshots) {
      const nothingUnderWay = { ...snapshot, inFlight: 0 };
      const counts = addCounts(nothingUnderWay, this.#counts.get(snapshot.name));
      // The endpoint that was counted last is last in the map.
      this.#counts.delete(snapshot.name);
      this.#counts.set(snapshot.name, counts);
    }
  }

  /** Forgets all endpoints but these, and of others those that were counted last. @param mostOthers how many of them are kept. */
  keepOnly(names: readonly string[], mostOthers = 0): void {
    const others = [...this.#counts.keys()].filter((name) => !names.includes(name));
    for (const name of others.slice(0, Math.max(0, others.length - mostOthers))) this.#counts.delete(name);
  }

  /** Adds the counts of before to snapshots. */
  addedTo(snapshots: readonly EndpointSnapshot[]): readonly EndpointSnapshot[] {
    return snapshots.map((snapshot) => addCounts(snapshot, this.#counts.get(snapshot.name)));
  }
}

/**
 * Makes one snapshot per endpoint of those of several proxies. Counts add up; of the states the one counts in which fewest
 * requests may be sent, and the tier is that of the first proxy. Health and latency are means, weighted by the number of responses: a mean of percentiles is no
 * percentile of all, but near enough to compare endpoints.
 */
export function mergeSnapshots(lists: ReadonlyArray<readonly EndpointSnapshot[]>): readonly EndpointSnapshot[] {
  const byName = Map.groupBy(lists.flat(), ({ name }) => name);
  return [...byName.values()].map(mergeOne);
}

function mergeOne(snapshots: readonly EndpointSnapshot[]): EndpointSnapshot {
  const [first, ...others] = snapshots as readonly [EndpointSnapshot, ...EndpointSnapshot[]];
  const state = endpointStates.findLast((one) => snapshots.some((snapshot) => snapshot.state === one)) ?? first.state;
  const inState = snapshots.filter((snapshot) => snapshot.state === state);
  return {
    ...others.reduce(addCounts, first),
    state,
    ejectionCause: ejectionCauses.find((cause) => inState.some(({ ejectionCause }) => ejectionCause === cause)),
    backInMs: Math.max(...inState.map(({ backInMs }) => backInMs)),
    healthRatio: weightedMean(snapshots, ({ healthRatio }) => healthRatio),
    latencyMs: meanLatency(snapshots),
    latencyCount: latencyCountOf(snapshots),
  };
}

function meanLatency(snapshots: readonly EndpointSnapshot[]): LatencySummary | undefined {
  const known = snapshots.filter(({ latencyMs }) => latencyMs !== undefined);
  if (known.length === 0) return undefined;
  const mean = (percentile: keyof LatencySummary) => weightedMean(known, (one) => one.latencyMs?.[percentile] ?? 0);
  return { p50: mean('p50'), p95: mean('p95'), p99: mean('p99') };
}

/** Percentiles are known when those of one proxy are, so that of none the one counts that is nearest to that. */
function latencyCountOf(snapshots: readonly EndpointSnapshot[]): number {
  const known = snapshots.filter(({ latencyMs }) => latencyMs !== undefined);
  if (known.length === 0) return Math.max(...snapshots.map(({ latencyCount }) => latencyCount));
  return known.reduce((total, { latencyCount }) => total + latencyCount, 0);
}

/** Each weight is one more than was counted, so that endpoints without any traffic have a mean, too. */
function weightedMean(
  snapshots: readonly EndpointSnapshot[],
  figureOf: (snapshot: EndpointSnapshot) => number,
): number {
  const weightOf = ({ successes, failures }: EndpointSnapshot): number => successes + failures + 1;
  const sum = snapshots.reduce((total, snapshot) => total + figureOf(snapshot) * weightOf(snapshot), 0);
  return sum / snapshots.reduce((total, snapshot) => total + weightOf(snapshot), 0);
}
