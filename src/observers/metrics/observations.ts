import type { DnsSnapshot } from '../../endpoints/dns/dns-snapshot.ts';
import type { EndpointSnapshot } from '../../endpoints/state/snapshot.ts';
import type { Observer, ProxyEvent } from '../../events/events.ts';
import type { ObservedProxy } from '../../events/observed-proxy.ts';

/** The proxies that are observed at this moment. A proxy that is observed several times counts once. */
export class Observations {
  readonly #observations = new Map<ObservedProxy, Observation>();

  /** Begins to record the events of a proxy. @returns the function that ends this; the proxy is let go of with the last one. */
  begin(proxy: ObservedProxy, record: Observer): () => void {
    const observation = this.#observations.get(proxy) ?? new Observation(proxy, record);
    this.#observations.set(proxy, observation);
    const holder = Symbol('holder');
    observation.holders.add(holder);
    return () => {
      if (!observation.holders.delete(holder) || observation.holders.size > 0) return;
      observation.end();
      this.#observations.delete(proxy);
    };
  }

  /** The number of requests in flight at all proxies. */
  get requestsInFlight(): number {
    return [...this.#observations.values()].reduce((sum, { requestsInFlight }) => sum + requestsInFlight, 0);
  }

  /** The state of every endpoint of every proxy. */
  get endpoints(): readonly EndpointSnapshot[] {
    return [...this.#observations.keys()].flatMap(({ endpoints }) => endpoints);
  }

  /** The names that the proxies ask DNS for. */
  get names(): readonly DnsSnapshot[] {
    return [...this.#observations.keys()].flatMap(({ names = [] }) => names);
  }
}

/** One proxy that is observed. */
class Observation {
  /** One for each call of `begin` that was not ended. */
  readonly holders = new Set<symbol>();
  /** Ends the subscription. */
  readonly end: () => void;
  #requestsInFlight = 0;
  /** The first request whose start was reported: the end of an earlier one must not count. */
  #firstRequestId = Infinity;

  constructor(proxy: ObservedProxy, record: Observer) {
    this.end = proxy.subscribe((event) => {
      this.#follow(event);
      record(event);
    });
  }

  /** The number of requests that have started and not ended. */
  get requestsInFlight(): number {
    return this.#requestsInFlight;
  }

  #follow(event: ProxyEvent): void {
    if (event.type === 'request-started') {
      this.#firstRequestId = Math.min(this.#firstRequestId, event.requestId);
      this.#requestsInFlight++;
    }
    if (event.type === 'request-ended' && event.requestId >= this.#firstRequestId) this.#requestsInFlight--;
  }
}
