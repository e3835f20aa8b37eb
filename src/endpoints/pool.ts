import { type EndpointAddress, keyOf } from './address.ts';
import { Endpoint, type EndpointSettings } from './endpoint.ts';
import { inOrder, type Order } from './order.ts';
import type { EndpointSnapshot } from './snapshot.ts';

/** An endpoint that a request may try, with the address that holds for this request. */
export interface Candidate {
  readonly endpoint: Endpoint;
  readonly address: EndpointAddress;
}

/** How the candidates of one request are chosen. */
export interface Choice {
  readonly order: Order;
  /** Most endpoints to try. */
  readonly max: number;
  /** All are asked at once: those that are left out do not even come last. */
  readonly isRace: boolean;
}

/** State is kept for so many endpoints; beyond that the ones that were used longest ago are forgotten. */
const maxEndpoints = 256;

/** State that was not used for so long is dropped when new state comes. */
const unusedMs = 600_000;

/** Keeps the state of endpoints, by URL, address and name. */
export class EndpointPool {
  readonly #settings: EndpointSettings;
  readonly #endpoints = new Map<string, Endpoint>();
  #turn = 0;

  constructor(settings: EndpointSettings) {
    this.#settings = settings;
  }

  /** The endpoints for these addresses, their state found again or begun; state that nobody needs is dropped. */
  candidatesAt(addresses: readonly EndpointAddress[]): readonly Candidate[] {
    const size = this.#endpoints.size;
    const candidates = addresses.map((address) => ({ endpoint: this.#endpointAt(address), address }));
    if (this.#endpoints.size > size) this.#forgetUnused(candidates);
    return candidates;
  }

  /**
   * The candidates that one request may try, best first. Those that are cooling down come last, and behind them, as the
   * last resort, those that are left out; those that are drained do not come at all. An endpoint whose trial is due has
   * its ordinary place, but is nobody's only chance. Looked at one by one, when an attempt is about to start.
   */
  *choose(candidates: readonly Candidate[], { order, max, isRace }: Choice): Iterable<Candidate> {
    const groups = groupByFitness(candidates, max);
    const turn = order === 'fastest' ? ++this.#turn : 0;
    // Within the groups: one that may not be asked would be the one to explore for ever.
    const fit = inOrder(groups.fit, order, turn);
    const isAnyoneIn = [...groups.fit, ...groups.cooling].some(({ endpoint }) => !endpoint.ejection.isTrialDue);
    const last = isRace && isAnyoneIn ? [] : fallback(groups.ejected, order);
    let count = 0;
    for (const candidate of [...fit, ...fallback(groups.cooling, order), ...last]) {
      if (count === max) return;
      if (!candidate.endpoint.mayBeAsked) continue;
      count++;
      yield candidate;
    }
  }

  /** The endpoints of this name; more than one only where a function gives different URLs the same name. */
  named(name: string): readonly Endpoint[] {
    return [...this.#endpoints.values()].filter((endpoint) => endpoint.name === name);
  }

  snapshots(): readonly EndpointSnapshot[] {
    return [...this.#endpoints.values()].map((endpoint) => endpoint.snapshot());
  }

  #endpointAt(address: EndpointAddress): Endpoint {
    const key = keyOf(address);
    const known = this.#endpoints.get(key);
    const endpoint = known ?? new Endpoint(address, this.#settings);
    // What was used last is last in the map.
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

interface Groups {
  readonly fit: Candidate[];
  readonly cooling: Candidate[];
  readonly ejected: Candidate[];
}

/** Those that come only when the others were no help are not explored. */
function fallback(candidates: readonly Candidate[], order: Order): readonly Candidate[] {
  return inOrder(candidates, order, 1);
}

/** The candidates by how fit they are, less those that are drained. */
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
