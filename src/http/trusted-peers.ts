import type { IncomingMessage } from 'node:http';
import { BlockList, isIP, SocketAddress } from 'node:net';

/** The words that stand for networks: those of Express's `trust proxy`. */
const networksByWord: Readonly<Record<string, readonly string[]>> = {
  loopback: ['127.0.0.0/8', '::1'],
  linklocal: ['169.254.0.0/16', 'fe80::/10'],
  uniquelocal: ['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', 'fc00::/7'],
};

/** The word for everybody who connects through a Unix socket and so has no address. */
const unixWord = 'unix';

/** The words for what {@link isPeerRule} takes. */
export const peerRules = `an IP address, a network such as 10.0.0.0/8 or fd00::/8, or one of ${[...Object.keys(networksByWord), unixWord].join(', ')}`;

/** Addresses of one family that begin with the same bits. */
interface Network {
  readonly address: string;
  readonly family: 'ipv4' | 'ipv6';
  /** How many bits are the same: all of them for a single address. */
  readonly prefix: number;
}

const networkSyntax = /^(?<address>[\da-f.:]+)(?:\/(?<prefix>\d{1,3}))?$/i;

/** Whether a value names peers: an address, a network, or one of the words for some. */
export function isPeerRule(value: unknown): value is string {
  if (typeof value !== 'string') return false;
  return value === unixWord || Object.hasOwn(networksByWord, value) || parseNetwork(value) !== undefined;
}

/**
 * Makes a function that tells whether a request came from one of these peers. Each check takes about a microsecond, so that
 * nothing is remembered per connection.
 * @param rules texts that {@link isPeerRule} takes; any other one names nobody.
 */
export function trustedPeers(rules: readonly string[]): (req: Pick<IncomingMessage, 'socket'>) => boolean {
  const takesUnix = rules.includes(unixWord);
  const list = new BlockList();
  for (const rule of rules.flatMap((one) => networksByWord[one] ?? one)) {
    const network = parseNetwork(rule);
    if (network) list.addSubnet(network.address, network.prefix, network.family);
  }
  // An IPv4 peer of a server for both families is `::ffff:10.0.0.1`, which BlockList compares with IPv4 networks.
  const isListed = (address: string): boolean => {
    const family = familyOf(address);
    return family !== undefined && list.check(address, family);
  };
  const isTrusted = ({ socket }: Pick<IncomingMessage, 'socket'>): boolean => {
    const { remoteAddress } = socket;
    if (remoteAddress !== undefined) return isListed(remoteAddress);
    return takesUnix && isUnixPeer(socket);
  };
  addressChecks.set(isTrusted, isListed);
  return isTrusted;
}

/** The functions that {@link trustedPeers} has made, with how they look at an address. */
const addressChecks = new WeakMap<object, (address: string) => boolean>();

/** Tells whether addresses are among those of a function of {@link trustedPeers}; undefined for any other function. */
export function trustedAddresses(isTrusted: object): ((address: string) => boolean) | undefined {
  return addressChecks.get(isTrusted);
}

function parseNetwork(text: string): Network | undefined {
  const { address, prefix } = networkSyntax.exec(text)?.groups ?? {};
  const family = address === undefined ? undefined : familyOf(address);
  if (address === undefined || family === undefined) return undefined;
  const bits = family === 'ipv4' ? 32 : 128;
  const network = { address, family, prefix: Number(prefix ?? bits) };
  return network.prefix > bits || isSlip(network) ? undefined : network;
}

/** Whether somebody who thinks of IPv4 wrote `::ffff:10.0.0.0/8`, which would be nearly all addresses that there are. */
function isSlip({ address, family, prefix }: Network): boolean {
  return prefix > 0 && prefix < 96 && /^::ffff:\d+\./.test(new SocketAddress({ address, family }).address);
}

function familyOf(address: string): Network['family'] | undefined {
  const version = isIP(address);
  return version === 0 ? undefined : version === 4 ? 'ipv4' : 'ipv6';
}

/**
 * Whether a socket without a peer's address is a Unix socket. A client that has reset its connection before anybody asked for its address
 * has none either, but a local one: such a client must not pass for somebody on this machine.
 */
function isUnixPeer({ destroyed, localAddress }: IncomingMessage['socket']): boolean {
  return !destroyed && localAddress === undefined;
}
