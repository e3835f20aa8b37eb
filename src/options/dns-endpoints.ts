import { isDeepStrictEqual } from 'node:util';
import { createDnsQuery } from '../endpoints/dns/dns.ts';
import { LastGood } from '../endpoints/dns/last-good.ts';
import { noAddressYet } from '../endpoints/dns/no-address-yet.ts';
import type { Parser } from '../support/parser/kinds.ts';
import { fields, objectOf, type ValuesOf } from '../support/parser/option.ts';
import { parseOrThrow } from '../support/parser/problems.ts';
import { type DnsEndpointsOptions, dnsOptions, namedUrl, refusePortOfSrv, urlAt } from './dns-options.ts';
import type { EndpointOptions, EndpointsFunction } from './endpoint.ts';
import { frozenCopy } from './frozen-copy.ts';
import { type SharedEndpointOptions, sharedEndpointOptions } from './own-settings.ts';

const optionsObject = objectOf(dnsOptions);

interface Arguments {
  readonly url: URL;
  readonly options: ValuesOf<typeof dnsOptions>;
}

const parseEach = fields<Arguments>({
  url: namedUrl('it goes into `endpoints`'),
  // The names of the options stand alone in messages, as with the options of the proxy.
  options: (value) => optionsObject(value === undefined ? {} : value, ''),
});

const parseArguments: Parser<Arguments> = (value, option) => {
  const parsed = parseEach(value, option);
  refusePortOfSrv(parsed.url, parsed.options.record, 'url');
  return parsed;
};

/**
 * Makes a function for the option `endpoints` that finds the endpoints by DNS, as they are at the time: each address behind the
 * name of the URL is an endpoint. All else of the URL holds for each of them: scheme, port, base path, query, credentials,
 * the `Host` header and the name for the certificate; with SRV records, port and name are the target's. So do `headers`, `tier` and the
 * settings of an endpoint among the options.
 *
 * DNS is asked only when a request comes. The first request waits for the answer, and fails with `ERR_BRP_NO_ENDPOINT` when
 * there is none. Later requests never
 * fail for DNS, because the last good answer is kept as long as there is no better one.
 * @throws BalancingProxyError `ERR_BRP_OPTIONS` that lists everything that is wrong with the arguments.
 */
export function dnsEndpoints(url: string | URL, options: DnsEndpointsOptions = {}): EndpointsFunction {
  const parsed = parseOrThrow(parseArguments, { url, options });
  const { refreshMs, record, servers, timeoutMs } = parsed.options;
  const query = createDnsQuery({ record, servers, timeoutMs, hostname: parsed.url.hostname });
  const shared = sharedBy(options);
  const endpoints = new LastGood<readonly EndpointOptions[]>({
    refreshMs,
    // As long as nothing has changed, the list stays the very same, which is not parsed again.
    ask: async (known) => {
      const answers = await query().catch((cause: unknown) => {
        throw noAddressYet(cause);
      });
      const list = answers.map((answer) =>
        Object.freeze({ url: urlAt(parsed.url, answer).href, address: answer.address, ...shared }),
      );
      return known && isDeepStrictEqual(known, list) ? known : Object.freeze(list);
    },
  });
  return () => endpoints.get();
}

/** The options that hold for each endpoint, as they were given. They do not change, so that a list of them is parsed once. */
function sharedBy(options: DnsEndpointsOptions): SharedEndpointOptions {
  const given = Object.entries(options).filter(
    ([name, value]) => Object.hasOwn(sharedEndpointOptions, name) && value !== undefined,
  );
  return frozenCopy(Object.fromEntries(given)) as SharedEndpointOptions;
}
