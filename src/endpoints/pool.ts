import type { EndpointAddress } from './address.ts';
import { Endpoint, type EndpointSnapshot } from './endpoint.ts';

/** All endpoints of one proxy. */
export class EndpointPool {
  readonly #endpoints: readonly Endpoint[];

  constructor(addresses: readonly EndpointAddress[]) {
    this.#endpoints = addresses.map((address) => new Endpoint(address));
  }

  /** The endpoints that one request may try, best first and not more than `most`. */
  candidates({ most }: { readonly most: number }): Iterable<Endpoint> {
    return this.#endpoints.slice(0, most);
  }

  snapshots(): readonly EndpointSnapshot[] {
    return this.#endpoints.map((endpoint) => endpoint.snapshot());
  }
}
