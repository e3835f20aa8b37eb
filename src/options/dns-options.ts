import { isIP, isIPv4, isIPv6 } from 'node:net';
import { type DnsAnswer, type DnsRecord, dnsRecords } from '../endpoints/dns/dns.ts';
import {
  arrayOf,
  finiteMilliseconds,
  milliseconds,
  type OptionParser,
  oneOf,
  valueThat,
  withSchema,
} from '../support/parser/kinds.ts';
import { inWords, type OptionTable, option } from '../support/parser/option.ts';
import { reject } from '../support/parser/problems.ts';
import { endpointUrl, hasHostName } from './endpoint-url.ts';
import { type SharedEndpointOptions, sharedEndpointOptions } from './own-settings.ts';

/** How DNS is asked for endpoints, and what holds for each endpoint that it gives. */
export interface DnsEndpointsOptions extends SharedEndpointOptions {
  /**
   * Records to ask for. `'A'` and `'AAAA'`: each IPv4 or IPv6 address of the URL's host name is an endpoint. `'SRV'`: the host name is
   * that of the service, such as `_http._tcp.api.internal`, and each address of each target is an endpoint, at the target's port.
   * @default 'A'
   */
  readonly record?: DnsRecord | undefined;
  /**
   * Age at which an answer is stale, in milliseconds: the next request has DNS asked again.
   * @default 30_000
   */
  readonly refreshMs?: number | undefined;
  /**
   * DNS servers to ask: IP addresses, with or without a port, such as `'10.0.0.53'` or `'[2001:db8::53]:5353'`.
   * @default the system's
   */
  readonly servers?: readonly string[] | undefined;
  /**
   * Time that DNS may take for one answer, all its questions together, in milliseconds.
   * @default 3_000
   */
  readonly timeoutMs?: number | undefined;
}

const server = valueThat<string>(isServer, "an IP address with or without a port such as '10.0.0.53:5353'", {
  type: 'string',
  minLength: 1,
});

/** The options of {@link DnsEndpointsOptions}. */
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

/** A URL whose host is a name. @param advice says what to do with an IP address, which needs no DNS. */
export function namedUrl(advice: string): OptionParser<URL> {
  const expected = `an http(s) URL with a host name to ask DNS for; an IP address needs none, ${advice}`;
  return withSchema(endpointUrl.schema, (value, option) => {
    const parsed = endpointUrl(value, option);
    return hasHostName(parsed) ? parsed : reject(option, expected, String(value));
  });
}

/** Refuses a port where DNS gives one. @param option the place of the URL. */
export function refusePortOfSrv(url: URL, record: DnsRecord, option: string): void {
  if (record === 'SRV' && url.port !== '') reject(option, 'a URL without a port, which SRV records give', String(url));
}

/** The URL of an endpoint that DNS gives: that of the name, or, with SRV records, of the target. */
export function urlAt(url: URL, { hostname, port }: DnsAnswer): URL {
  const place = new URL(url);
  if (port !== undefined) place.host = `${hostname}:${port}`;
  return place;
}

/** Whether a text is the address of a DNS server. Trying it out is no test: node:dns takes bad ports for others before Node 24, and the port 0 ends the process. */
function isServer(value: unknown): boolean {
  if (typeof value !== 'string') return false;
  if (isIP(value) !== 0) return true;
  const [, v6 = '', v4 = '', port = '53'] = /^(?:\[(.+)\]|([\d.]+))(?::(\d{1,5}))?$/.exec(value) ?? [];
  return (isIPv6(v6) || isIPv4(v4)) && Number(port) > 0 && Number(port) < 65_536;
}
