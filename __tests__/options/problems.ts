import { isEndpoint } from '../../src/endpoints/dns/configured-name.ts';
import type { EndpointAddress } from '../../src/endpoints/place/address.ts';
import type { ConfiguredEndpoint } from '../../src/endpoints/place/configured-endpoint.ts';
import { BalancingProxyError } from '../../src/errors.ts';
import { type Config, resolveOptions } from '../../src/options/config.ts';
import type { BalancingProxyOptions } from '../../src/options/options.ts';

/** The message of the error that these options make, which may be ones that the types would refuse. */
export function problemOf(options: unknown): string {
  try {
    resolveOptions(options as BalancingProxyOptions);
  } catch (error) {
    if (error instanceof BalancingProxyError && error.code === 'ERR_BRP_OPTIONS') return error.message;
    throw error;
  }
  return 'no problem';
}

/** The same for one option beside a good `endpoints`. */
export function problemWith(option: string, value: unknown): string {
  return problemOf({ endpoints: ['http://one.example'], [option]: value });
}

/** The endpoints of options that list them. */
export function endpointsIn({ endpoints }: Config): readonly ConfiguredEndpoint[] {
  if (typeof endpoints === 'function') throw new TypeError('the endpoints are a function');
  if (!endpoints.every(isEndpoint)) throw new TypeError('there are names among the endpoints');
  return endpoints;
}

/** Where they are. */
export function addressesIn(config: Config): readonly EndpointAddress[] {
  return endpointsIn(config).map(({ address }) => address);
}
