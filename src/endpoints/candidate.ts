import type { EndpointAddress } from './place/address.ts';
import type { EndpointOverrides } from './place/configured-endpoint.ts';
import type { Endpoint } from './state/endpoint.ts';

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
