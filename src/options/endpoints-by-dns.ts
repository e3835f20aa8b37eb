import type { ConfiguredName } from '../endpoints/dns/configured-name.ts';
import type { DnsAnswer } from '../endpoints/dns/dns.ts';
import { parseAddress } from '../endpoints/place/address.ts';
import { withSchema } from '../support/parser/kinds.ts';
import { type OptionTable, objectOf, required, type ValuesOf } from '../support/parser/option.ts';
import { isPlainObject } from '../support/plain-object.ts';
import { type DnsEndpointsOptions, dnsOptions, namedUrl, refusePortOfSrv, urlAt } from './dns-options.ts';
import type { JoinSettings } from './own-settings.ts';

/** All endpoints behind a name, as one item of the option `endpoints`: they are followed as they change. */
export interface EndpointsByDns extends DnsEndpointsOptions {
  /**
   * Absolute URL whose host name is looked up: each address is an endpoint. All else of the URL holds for each of them, as for
   * {@link dnsEndpoints}.
   */
  readonly dns: string | URL;
}

/** The options of {@link EndpointsByDns}. */
export const endpointsByDnsOptions = {
  dns: required(
    namedUrl('its URL stands by itself'),
    'Absolute URL whose host name is looked up: each address is an endpoint',
  ),
  ...dnsOptions,
} satisfies OptionTable<Record<keyof EndpointsByDns, unknown>>;

/** A name as it was given, before the settings of all endpoints are known. */
export type GivenName = ValuesOf<typeof endpointsByDnsOptions>;

/** Whether an item of a list is a name for DNS, right or wrong. */
export function isByDns(value: unknown): boolean {
  return isPlainObject(value) && Object.hasOwn(value, 'dns');
}

const parseObject = objectOf(endpointsByDnsOptions);

/** One name of a list. */
export const parseByDns = withSchema<GivenName>(parseObject.schema, (value, option) => {
  const given = parseObject(value, option);
  refusePortOfSrv(given.dns, given.record, `${option}.dns`);
  return given;
});

/** A name, once the settings of all endpoints are known. @throws InvalidOptions when its own do not go together with them. */
export function configuredName(given: GivenName, option: string, join: JoinSettings): ConfiguredName {
  const { dns: url, record, refreshMs, servers, timeoutMs, headers, tier, maxInFlight } = given;
  const { timeouts, tls, terminalStatuses } = given;
  const settings = join({ timeouts, tls, terminalStatuses }, option);
  return Object.freeze({
    dns: parseAddress({ url }).name,
    question: Object.freeze({ hostname: url.hostname, record, servers, timeoutMs }),
    refreshMs,
    endpointAt: (answer: DnsAnswer) => {
      const { address } = answer;
      return { address: parseAddress({ url: urlAt(url, answer), address, headers }), tier, maxInFlight, settings };
    },
  });
}
