import type { Candidate } from './candidate.ts';
import { type EndpointAddress, keyOf } from './place/address.ts';
import type { ConfiguredEndpoint } from './place/configured-endpoint.ts';
import { type Choice, EndpointStages } from './stages.ts';
import { Endpoint, type EndpointSettings } from './state/endpoint.ts';
import type { EndpointSnapshot } from './state/snapshot.ts';

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
    const candidates = configured.map(({ address, tier, maxInFlight = this.#settings.maxInFlight, settings }) => {
      const endpoint = this.#endpointAt(address);
      endpoint.maxInFlight = maxInFlight;
      endpoint.tier = tier;
      return { endpoint, address, tier, settings };
    });
    if (this.#endpoints.size > size) this.#forgetUnused(candidates);
    return candidates;
  }

  /** The stages in which these candidates are asked by one request. */
  choose(candidates: readonly Candidate[], choice: Choice): EndpointStages {
    const turn = choice.order === 'fastest' ? ++this.#turn : 0;
    return new EndpointStages(candidates, choice, turn);
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
