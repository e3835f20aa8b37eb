import type { SrvRecord } from 'node:dns';
import { Resolver } from 'node:dns/promises';
import { isIP } from 'node:net';

/** The kind of records that name the endpoints. */
export type DnsRecord = 'A' | 'AAAA' | 'SRV';

/** All kinds of records that may be asked for. */
export const dnsRecords = ['A', 'AAAA', 'SRV'] as const satisfies readonly DnsRecord[];

/** A question for DNS. */
export interface DnsQuestion {
  /** The name to look up, such as `api.internal`, or `_http._tcp.api.internal` for SRV records. */
  readonly hostname: string;
  readonly record: DnsRecord;
  /** The servers to ask, as `setServers` of node:dns takes them; undefined for the system's. */
  readonly servers: readonly string[] | undefined;
  /** Milliseconds for the whole answer, all its questions together. */
  readonly timeoutMs: number;
}

/** One address of an endpoint. */
export interface DnsAnswer {
  /** The name that was asked for, or the target of an SRV record. */
  readonly hostname: string;
  /** The port of an SRV record. */
  readonly port?: number;
  /** IPv4 or IPv6. */
  readonly address: string;
}

/** The addresses of the SRV targets by their name. */
type Targets = ReadonlyMap<string, readonly string[]>;

/**
 * Makes a function that asks DNS. Many servers rotate their records, so the answers are sorted: by address, or, of SRV records, by
 * priority, then by weight, the heaviest first.
 * @returns a function that resolves with at least one answer, and rejects when DNS fails or gives no address.
 */
export function createDnsQuery(question: DnsQuestion): () => Promise<readonly DnsAnswer[]> {
  const { hostname, record } = question;
  if (record !== 'SRV') {
    return () =>
      within(question, async (resolver) => {
        const addresses = await lookUp(resolver, hostname, record);
        return addresses.map((address) => ({ hostname, address }));
      });
  }
  let known: Targets = new Map();
  return () =>
    within(question, async (resolver) => {
      const records = (await resolver.resolveSrv(hostname)).filter(leadsToEndpoint).sort(byRank);
      known = await lookUpTargets(resolver, [...new Set(records.map(({ name }) => name))], known);
      return records.flatMap(({ name, port }) =>
        (known.get(name) ?? []).map((address) => ({ hostname: name, port, address })),
      );
    });
}

/** Asks by a new resolver each time, so that it knows the system's servers of this moment, and no socket stays open. */
async function within(
  { hostname, record, servers, timeoutMs }: DnsQuestion,
  ask: (resolver: Resolver) => Promise<readonly DnsAnswer[]>,
): Promise<readonly DnsAnswer[]> {
  // node:dns gives the second try twice the time of the first one.
  const resolver = new Resolver({ timeout: Math.ceil(timeoutMs / 3), tries: 2 });
  if (servers) resolver.setServers(servers);
  let isLate = false;
  const timer = setTimeout(() => {
    isLate = true;
    resolver.cancel();
  }, timeoutMs);
  try {
    const answers = await ask(resolver);
    if (answers.length === 0) throw new Error('no record that leads anywhere');
    return answers;
  } catch (cause) {
    const why = isLate ? `nothing within ${timeoutMs} ms` : (cause as Error).message;
    throw new Error(`no address from DNS for ${hostname} (${record}): ${why}`, { cause });
  } finally {
    clearTimeout(timer);
  }
}

/** The addresses of a name, each once, in an order that does not change. */
async function lookUp(resolver: Resolver, hostname: string, record: 'A' | 'AAAA'): Promise<readonly string[]> {
  const addresses = await (record === 'A' ? resolver.resolve4(hostname) : resolver.resolve6(hostname));
  return [...new Set(addresses)].sort();
}

/**
 * Looks up the addresses of targets. Where DNS fails for a target, its known addresses are kept, because the target is still wanted.
 * @throws the error of DNS, as a rejection, when not one address is known.
 */
async function lookUpTargets(resolver: Resolver, names: readonly string[], known: Targets): Promise<Targets> {
  const failures: unknown[] = [];
  const lookUpTarget = async (name: string): Promise<readonly [string, readonly string[]]> => {
    const addresses = await lookUpEither(resolver, name).catch((error: unknown) => {
      failures.push(error);
      return known.get(name) ?? [];
    });
    return [name, addresses];
  };
  const targets = await Promise.all(names.map(lookUpTarget));
  if (failures.length > 0 && targets.every(([, addresses]) => addresses.length === 0)) throw failures[0];
  return new Map(targets);
}

/** The IPv4 addresses of a name, or the IPv6 ones of a name that has no others. */
function lookUpEither(resolver: Resolver, name: string): Promise<readonly string[]> {
  return lookUp(resolver, name, 'A').catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENODATA' && error.code !== 'ENOTFOUND') throw error;
    return lookUp(resolver, name, 'AAAA');
  });
}

/**
 * Whether an SRV record leads to an endpoint. The target `.` says that there is none (RFC 2782), and a target that can be no host name
 * of a URL would make a bad endpoint.
 */
function leadsToEndpoint({ name, port }: SrvRecord): boolean {
  if (port === 0 || name === '.' || isIP(name) !== 0) return false;
  return URL.parse(`http://${name}`)?.hostname === name.toLowerCase();
}

function byRank(a: SrvRecord, b: SrvRecord): number {
  return a.priority - b.priority || b.weight - a.weight || compare(a.name, b.name) || a.port - b.port;
}

function compare(a: string, b: string): number {
  return a < b ? -1 : Number(a > b);
}
