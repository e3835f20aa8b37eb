import type { EndpointAddress } from './address.ts';
import { Endpoint, type EndpointSnapshot } from './endpoint.ts';

/** All endpoints of one proxy. */
export class EndpointPool {
  readonly #endpoints: readonly Endpoint[];

  constructor(addresses: readonly EndpointAddress[]) {
    this.#endpoints = addresses.map((address) => new Endpoint(address));
  }

  /** The endpoints that one request may try, best first. */
  candidates(): Iterable<Endpoint> {
    return this.#endpoints;
  }

  snapshots(): readonly EndpointSnapshot[] {
    return this.#endpoints.map((endpoint) => endpoint.snapshot());
  }
}
