import type { LookupAddress } from 'node:dns';
import { Resolver } from 'node:dns/promises';
import { readFile } from 'node:fs/promises';
import { isIP } from 'node:net';

/** Where {@link askDns} looks. */
interface AskDnsSettings {
  /**
   * DNS servers, as `setServers` of node:dns takes them.
   * @default the system's
   */
  readonly servers?: readonly string[];
  /**
   * Path of the hosts file.
   * @default '/etc/hosts'
   */
  readonly hostsFile?: string;
}

/** Names for which the system asks others than DNS, or for other names (RFC 6761, RFC 6762, `search` of resolv.conf). */
const notForDns = /^[^.]*\.?$|\.local(host)?\.?$/i;

/**
 * Looks a name up without one of libuv's threads for lookups: in the hosts file, then in DNS. The system may be told to ask others,
 * too, so that this lookup is only for when the system cannot be asked.
 * @returns the IPv4 addresses, or the IPv6 addresses of a name without IPv4; none when nothing is known, for whatever reason.
 */
export async function askDns(hostname: string, { servers, hostsFile = '/etc/hosts' }: AskDnsSettings = {}) {
  const own = addressesOfHosts(await readFile(hostsFile, 'utf8').catch(() => ''), hostname);
  if (own.length > 0 || notForDns.test(hostname)) return own;
  const resolver = new Resolver({ timeout: 1_000, tries: 2 });
  if (servers) resolver.setServers(servers);
  const addresses = await resolver
    .resolve4(hostname)
    .catch(() => resolver.resolve6(hostname))
    .catch(() => []);
  return addresses.map(toLookupAddress);
}

/**
 * The addresses of a name in a hosts file.
 * @param hosts lines of an address and its names.
 */
function addressesOfHosts(hosts: string, hostname: string): LookupAddress[] {
  const wanted = hostname.toLowerCase().replace(/\.$/, '');
  const lines = hosts.split('\n').map((line) => (line.split('#')[0] ?? '').trim().toLowerCase().split(/\s+/));
  return lines
    .filter(([address = '', ...names]) => isIP(address) !== 0 && names.includes(wanted))
    .map(([address = '']) => toLookupAddress(address));
}

function toLookupAddress(address: string): LookupAddress {
  return { address, family: isIP(address) };
}
