import type { ConfiguredEndpoint } from '../place/configured-endpoint.ts';
import type { DnsAnswer, DnsQuestion } from './dns.ts';

/** A name whose addresses are endpoints, as it was given, checked. */
export interface ConfiguredName {
  /** The URL of the name without credentials and query, for people. */
  readonly dns: string;
  /** The question for DNS. */
  readonly question: DnsQuestion;
  /** Milliseconds for which an answer is fresh, or Infinity. */
  readonly refreshMs: number;
  /** The endpoint at an address. */
  endpointAt(answer: DnsAnswer): ConfiguredEndpoint;
}

/** One item of a list: an endpoint, or a name that stands for several. */
export type EndpointItem = ConfiguredEndpoint | ConfiguredName;

/** Whether an item is a name. */
export function isName(item: EndpointItem): item is ConfiguredName {
  return 'question' in item;
}

/** Whether an item is an endpoint by itself. */
export function isEndpoint(item: EndpointItem): item is ConfiguredEndpoint {
  return !isName(item);
}
