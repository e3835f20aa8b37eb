import { type EndpointAddress, keyOf } from './address.ts';
import type { ConfiguredEndpoint, EndpointOverrides } from './configured-endpoint.ts';
import { Endpoint, type EndpointSettings } from './endpoint.ts';
import { inOrder, type Order } from './order.ts';
import type { EndpointSnapshot } from './snapshot.ts';

/** An endpoint that a request may try. */
export interface Candidate {
  /** The endpoint, with its state. */
  readonly endpoint: Endpoint;
  /** Where the endpoint is for this request. */
  readonly address: EndpointAddress;
  /** The group of endpoints that it is asked with, from 0. */
  readonly tier: number;
  /** The settings that it has of its own for this request. */
  readonly settings: EndpointOverrides;
}

/** How the candidates of one request are chosen. */
export interface Choice {
  /** The order in which the fit ones are asked. */
  readonly order: Order;
  /** Most endpoints to try. */
  readonly max: number;
  /** Whether all are asked at once, so that an ejected one does not even come last. */
  readonly isRace: boolean;
}

/** The number of endpoints whose state is kept; of more, those are forgotten that were used longest ago. */
const maxEndpoints = 256;

/** Milliseconds after which state that was not used is dropped when new state comes. */
const unusedMs = 600_000;

/** The state of all endpoints, by URL, address and name. */
export class EndpointPool {
  readonly #settings: EndpointSettings;
  readonly #endpoints = new Map<string, Endpoint>();
  #turn = 0;

  constructor(settings: EndpointSettings) {
    this.#settings = settings;
  }

  /** The endpoints that are configured, each with the state that it has or begins with; state that nobody needs is dropped. */
  candidatesAt(configured: readonly ConfiguredEndpoint[]): readonly Candidate[] {
    const size = this.#endpoints.size;
    const candidates = configured.map(({ address, tier, settings }) => {
      const endpoint = this.#endpointAt(address);
      endpoint.tier = tier;
      return { endpoint, address, tier, settings };
    });
    if (this.#endpoints.size > size) this.#forgetUnused(candidates);
    return candidates;
  }

  /**
   * The candidates that one request may try, best first. Cooling endpoints come last, and behind them, as the last resort,
   * ejected ones; drained ones do not come at all. An endpoint whose trial is due has its ordinary place, but is no request's only
   * chance. Whether an endpoint may be asked is looked at when it is pulled, just before its attempt would start. `next(true)` tells
   * that no attempt was made at the endpoint before, which then does not count as one of `max`.
   */
  *choose(
    candidates: readonly Candidate[],
    { order, max, isRace }: Choice,
  ): Generator<Candidate, void, boolean | undefined> {
    const groups = groupByFitness(candidates, max);
    const turn = order === 'fastest' ? ++this.#turn : 0;
    // Each group is ordered by itself: among all, an ejected one, which is not asked, would be the one to explore for ever.
    const fit = inOrder(groups.fit, order, turn);
    const isAnyoneIn = [...groups.fit, ...groups.cooling].some(({ endpoint }) => !endpoint.ejection.isTrialDue);
    const last = isRace && isAnyoneIn ? [] : fallback(groups.ejected, order);
    let count = 0;
    for (const candidate of [...fit, ...fallback(groups.cooling, order), ...last]) {
      if (count === max) return;
      if (!candidate.endpoint.mayBeAsked) continue;
      const isPassedOver = yield candidate;
      if (!isPassedOver) count++;
    }
  }

  /** The endpoints of this name; more than one only where a function gives different URLs the same name. */
  named(name: string): readonly Endpoint[] {
    return [...this.#endpoints.values()].filter((endpoint) => endpoint.name === name);
  }

  /** The state of each endpoint, for people and dashboards. */
  snapshots(): readonly EndpointSnapshot[] {
    return [...this.#endpoints.values()].map((endpoint) => endpoint.snapshot());
  }

  #endpointAt(address: EndpointAddress): Endpoint {
    const key = keyOf(address);
    const known = this.#endpoints.get(key);
    const endpoint = known ?? new Endpoint(address, this.#settings);
    // The endpoint that was used last is last in the map.
    if (known) this.#endpoints.delete(key);
    this.#endpoints.set(key, endpoint);
    return endpoint;
  }

  #forgetUnused(candidates: readonly Candidate[]): void {
    const needed = new Set(candidates.map(({ endpoint }) => endpoint));
    const longAgo = performance.now() - unusedMs;
    for (const [key, endpoint] of this.#endpoints) {
      if (this.#endpoints.size <= maxEndpoints && endpoint.lastStartedAtMs > longAgo) return;
      const isUnused = endpoint.inFlight === 0 && !endpoint.isDrained && !needed.has(endpoint);
      if (isUnused) this.#endpoints.delete(key);
    }
  }
}

type Groups = Readonly<Record<'fit' | 'cooling' | 'ejected', Candidate[]>>;

/** Candidates that come only when the others were no help, which are not explored. */
function fallback(candidates: readonly Candidate[], order: Order): readonly Candidate[] {
  return inOrder(candidates, order, 1);
}

/** The candidates by how fit they are, without the drained ones. */
function groupByFitness(candidates: readonly Candidate[], max: number): Groups {
  const groups: Groups = { fit: [], cooling: [], ejected: [] };
  for (const candidate of candidates) {
    const { ejection, isCooling, isDrained } = candidate.endpoint;
    if (isDrained) continue;
    const mayTry = !ejection.isEjected && (max > 1 || !ejection.isTrialDue);
    groups[mayTry ? (isCooling ? 'cooling' : 'fit') : 'ejected'].push(candidate);
  }
  return groups;
}
