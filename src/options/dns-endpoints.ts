import { isIP, isIPv4, isIPv6 } from 'node:net';
import { isDeepStrictEqual } from 'node:util';
import { createDnsQuery, type DnsAnswer, type DnsRecord, dnsRecords } from '../endpoints/dns/dns.ts';
import { LastGood } from '../endpoints/dns/last-good.ts';
import { arrayOf, finiteMilliseconds, milliseconds, oneOf, type Parser, valueThat } from '../support/parser/kinds.ts';
import { fields, inWords, type OptionTable, objectOf, option, type ValuesOf } from '../support/parser/option.ts';
import { parseOrThrow, reject } from '../support/parser/problems.ts';
import type { EndpointOptions, EndpointsFunction } from './endpoint.ts';
import { endpointUrl, hasHostName } from './endpoint-url.ts';
import { frozenCopy } from './frozen-copy.ts';
import { type SharedEndpointOptions, sharedEndpointOptions } from './own-settings.ts';

/** How {@link dnsEndpoints} asks DNS, and what holds for each endpoint that it finds. */
export interface DnsEndpointsOptions extends SharedEndpointOptions {
  /**
   * Records to ask for. `'A'` and `'AAAA'`: each IPv4 or IPv6 address of the URL's host name is an endpoint. `'SRV'`: the host name is
   * that of the service, such as `_http._tcp.api.internal`, and each address of each target is an endpoint, at the target's port.
   * @default 'A'
   */
  readonly record?: DnsRecord;
  /**
   * Age at which an answer is stale, in milliseconds: the next request has DNS asked again.
   * @default 30_000
   */
  readonly refreshMs?: number;
  /**
   * DNS servers to ask: IP addresses, with or without a port, such as `'10.0.0.53'` or `'[2001:db8::53]:5353'`.
   * @default the system's
   */
  readonly servers?: readonly string[];
  /**
   * Time that DNS may take for one answer, all its questions together, in milliseconds.
   * @default 3_000
   */
  readonly timeoutMs?: number;
}

const server = valueThat<string>(isServer, "an IP address with or without a port such as '10.0.0.53:5353'");

/** The options of {@link dnsEndpoints}. */
export const dnsOptions = {
  record: option(oneOf(dnsRecords), 'A', 'Records to ask for'),
  refreshMs: option(milliseconds, 30_000, 'Age at which an answer is stale'),
  servers: option(
    arrayOf(server, 'a non-empty array of IP addresses of DNS servers'),
    inWords("the system's"),
    'DNS servers to ask: IP addresses, with or without a port',
  ),
  timeoutMs: option(finiteMilliseconds, 3_000, 'Time that DNS may take for one answer, all its questions together'),
  ...sharedEndpointOptions,
} satisfies OptionTable<Record<keyof DnsEndpointsOptions, unknown>>;

const optionsObject = objectOf(dnsOptions);

interface Arguments {
  readonly url: URL;
  readonly options: ValuesOf<typeof dnsOptions>;
}

const namedUrl: Parser<URL> = (value, option) => {
  const parsed = endpointUrl(value, option);
  const expected = 'an http(s) URL with a host name to ask DNS for; an IP address needs none, it goes into `endpoints`';
  return hasHostName(parsed) ? parsed : reject(option, expected, String(value));
};

const parseEach = fields<Arguments>({
  url: namedUrl,
  // The names of the options stand alone in messages, as with the options of the proxy.
  options: (value) => optionsObject(value === undefined ? {} : value, ''),
});

const parseArguments: Parser<Arguments> = (value, option) => {
  const parsed = parseEach(value, option);
  if (parsed.options.record === 'SRV' && parsed.url.port !== '') {
    reject('url', 'a URL without a port, which SRV records give', String(parsed.url));
  }
  return parsed;
};

/**
 * Makes a function for the option `endpoints` that finds the endpoints by DNS, as they are at the time: each address behind the
 * name of the URL is an endpoint. All else of the URL holds for each of them: scheme, port, base path, query, credentials,
 * the `Host` header and the name for the certificate; with SRV records, port and name are the target's. So do `headers`, `tier` and the
 * settings of an endpoint among the options.
 *
 * DNS is asked only when a request comes. The first request waits for the answer, and fails when there is none. Later requests never
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
      const list = (await query()).map((answer) => Object.freeze({ ...placeOf(parsed.url, answer), ...shared }));
      return known && isDeepStrictEqual(known, list) ? known : Object.freeze(list);
    },
  });
  return () => endpoints.get();
}

function placeOf(url: URL, { hostname, port, address }: DnsAnswer): Pick<EndpointOptions, 'url' | 'address'> {
  const place = new URL(url);
  if (port !== undefined) place.host = `${hostname}:${port}`;
  return { url: place.href, address };
}

/** The options that hold for each endpoint, as they were given. They do not change, so that a list of them is parsed once. */
function sharedBy(options: DnsEndpointsOptions): SharedEndpointOptions {
  const given = Object.entries(options).filter(
    ([name, value]) => Object.hasOwn(sharedEndpointOptions, name) && value !== undefined,
  );
  return frozenCopy(Object.fromEntries(given)) as SharedEndpointOptions;
}

/** Whether a text is the address of a DNS server. Trying it out is no test: node:dns takes bad ports for others before Node 24, and the port 0 ends the process. */
function isServer(value: unknown): boolean {
  if (typeof value !== 'string') return false;
  if (isIP(value) !== 0) return true;
  const [, v6 = '', v4 = '', port = '53'] = /^(?:\[(.+)\]|([\d.]+))(?::(\d{1,5}))?$/.exec(value) ?? [];
  return (isIPv6(v6) || isIPv4(v4)) && Number(port) > 0 && Number(port) < 65_536;
}
