import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { seed, seedTitle } from '../fuzz/seed.ts';
import { until } from '../helpers/until.ts';
import { startCommand } from './discovery/command.ts';
import { Dnsmasq } from './discovery/dnsmasq.ts';
import type { LatencyReport } from './discovery/latency-process.ts';
import { describeWorld } from './needs.ts';
import { kill, Namespace } from './net/namespace.ts';
import { type NodeProgram, startNode } from './net/node-program.ts';
import type { ClientReport } from './traffic/client-process.ts';

const count = 20_000;

const dnsAddress = '127.0.0.1';
const otherDnsAddress = '127.0.0.2';
const port = 8_080;
const addressOf = (endpoint: string): string => `10.77.0.${endpoint.charCodeAt(0) - 96}`;
const addressesOf = (...endpoints: readonly string[]) => endpoints.map(addressOf);

describeWorld(`endpoints by a real DNS server (${seedTitle})`, ['dnsmasq'], () => {
  let namespace: Namespace;
  let folder: string;
  const servers: Dnsmasq[] = [];
  const endpoints = new Map<string, NodeProgram>();

  beforeEach(async () => {
    folder = mkdtempSync(path.join(tmpdir(), 'brp-discovery-'));
    namespace = await Namespace.create();
    for (const name of 'abcde') await namespace.run('ip', ['address', 'add', `${addressOf(name)}/32`, 'dev', 'lo']);
  });

  afterEach(async () => {
    await Promise.all(servers.splice(0).map((server) => server.close()));
    await namespace.close();
    endpoints.clear();
    rmSync(folder, { recursive: true, force: true });
  });

  const startDns = async (address: string, zone: Readonly<Record<string, readonly string[]>>): Promise<Dnsmasq> => {
    const server = new Dnsmasq(namespace, address);
    servers.push(server);
    return await server.start(zone);
  };

  const startEndpoints = async (...names: readonly string[]): Promise<void> => {
    const start = async (name: string): Promise<void> => {
      const settings = { host: addressOf(name), port };
      endpoints.set(name, await startNode(namespace, 'servers/origin-process.ts', settings));
    };
    await Promise.all(names.map(start));
  };

  /** Has an endpoint finish what is under way, and end. */
  const stopEndpoint = async (name: string): Promise<void> => {
    const child = endpoints.get(name)?.child;
    if (!child) throw new Error(`no endpoint ${name}`);
    const gone = once(child, 'exit');
    child.kill('SIGTERM');
    await gone;
  };

  const killEndpoint = async (name: string): Promise<void> => {
    const child = endpoints.get(name)?.child;
    if (child) await kill(child);
  };

  const configOf = (options: object): string => {
    const file = path.join(folder, `${Object.keys(options).length}-${Math.random()}.json`);
    writeFileSync(file, JSON.stringify(options));
    return file;
  };

  const byName = (name: string, more: object = {}) => ({
    dns: `http://${name}:${port}`,
    servers: [dnsAddress],
    refreshMs: 100,
    ...more,
  });

  test(`none of ${count} requests is lost while addresses come, go and fail, and so does DNS`, async () => {
    await startEndpoints('a', 'b', 'c');
    const dns = await startDns(dnsAddress, { 'api.test': addressesOf('a', 'b', 'c') });
    const setAddresses = (...names: readonly string[]) => dns.set({ 'api.test': addressesOf(...names) });
    const options = { endpoints: [byName('api.test')], strategy: 'failover', order: 'random' };
    const command = await startCommand(namespace, {
      port: 8_000,
      args: ['-workers', '2', '-config', configOf(options)],
    });
    const client = await startNode(namespace, 'traffic/client-process.ts', {});
    let isOver = false;
    const order = { url: command.url, count, parallel: 12, seed, patienceMs: 20_000 };
    const reported = client
      .ask({ ...order, abilities: ['uploads', 'no content', 'trailers'], largestBytes: 65_536 })
      .finally(() => (isOver = true)) as Promise<ClientReport>;

    /** Changes one after the other, each of which leaves an endpoint that is well and that the command knows. */
    const changes: ReadonlyArray<() => Promise<void> | void> = [
      () => startEndpoints('d'),
      () => setAddresses('a', 'b', 'c', 'd'),
      // Taken out first, then stopped.
      () => setAddresses('b', 'c', 'd'),
      () => stopEndpoint('a'),
      // Killed before it is taken out.
      () => killEndpoint('c'),
      () => setAddresses('b', 'd'),
      () => dns.end(),
      () => startEndpoints('a', 'c', 'e'),
      () => dns.start().then(() => {}),
      // A name without any address is a failure of DNS.
      () => setAddresses(),
      () => setAddresses('a', 'c', 'e'),
      () => stopEndpoint('b'),
      () => killEndpoint('d'),
      () => startEndpoints('b'),
      () => setAddresses('a', 'b', 'c'),
      () => killEndpoint('e'),
    ];
    let rounds = 0;
    while (!isOver) {
      for (const change of changes) {
        await change();
        await Promise.race([pause(600), reported]);
      }
      rounds++;
    }
    const report = await reported;
    expect(report).toMatchObject({ wrong: 0, lost: 0, complaints: [] });
    expect(report.right + report.left).toBe(count);
    expect(rounds).toBeGreaterThan(0);
    // All endpoints and both workers had their share, and the log told of each change once.
    expect([...command.log.served.keys()].sort()).toEqual(addressesOf('a', 'b', 'c', 'd', 'e'));
    expect(command.log.workers.size).toBe(2);
    const told = command.log.lines.filter((line) => line.includes(' dns http://api.test:8080 has ')).length;
    expect(told).toBeLessThanOrEqual(2 + 6 * rounds * 2);
    console.info(
      `${count} requests in ${report.seconds.toFixed(1)} s, ${rounds} rounds of changes: ${report.right} right, ${report.left} left`,
    );
  }, 240_000);

  test('a race over a name whose DNS is mute and a good one is as fast as over the good one alone', async () => {
    await startEndpoints('a', 'b');
    await startDns(dnsAddress, { 'good.test': addressesOf('a') });
    const other = await startDns(otherDnsAddress, { 'mute.test': addressesOf('b'), 'late.test': addressesOf('b') });
    const good = byName('good.test');
    const late = byName('late.test', { servers: [otherDnsAddress] });
    const start = (commandPort: number, ...items: readonly object[]) =>
      startCommand(namespace, { port: commandPort, args: ['-config', configOf({ endpoints: items })] });
    const alone = await start(8_001, good);
    // DNS is mute later, after it has answered.
    const withLate = await start(8_002, good, late);
    other.mute();
    const withMute = await start(8_003, good, byName('mute.test', { servers: [otherDnsAddress] }));
    const client = await startNode(namespace, 'discovery/latency-process.ts', {});
    const urls = [alone, withLate, withMute].map(({ url }) => `${url}/bytes/1000`);
    const took: number[][] = urls.map(() => []);
    // Pauses of more than twice `refreshMs` make answers too old, and shorter ones do not.
    for (const [rounds, pauseMs] of [
      [20, 250],
      [300, 5],
    ]) {
      const report = (await client.ask({ urls, count: rounds, pauseMs })) as LatencyReport;
      for (const [index, each] of report.entries()) took[index]?.push(...each);
    }
    const [usual = [], ...others] = took;
    console.info(took.map(summaryOf).join('\n'));
    for (const each of others) {
      expect(Math.min(...each)).toBeGreaterThan(0);
      expect(Math.max(...each)).toBeLessThan(1_000);
      expect(percentileOf(each, 0.5)).toBeLessThan(2 * percentileOf(usual, 0.5) + 2);
    }
    await until(() => withLate.log.lines.some((line) => line.includes('no address from DNS for late.test')));
  }, 60_000);

  test('the command line asks the DNS servers of the system', async () => {
    await startEndpoints('a');
    await startDns(dnsAddress, { 'api.test': addressesOf('a') });
    const resolvConf = path.join(folder, 'resolv.conf');
    writeFileSync(resolvConf, `nameserver ${dnsAddress}\n`);
    const script = `mount --bind ${resolvConf} /etc/resolv.conf && exec "$@"`;
    const by = ['unshare', '--mount', 'sh', '-c', script, 'sh'];
    const { url, log } = await startCommand(namespace, {
      port: 8_000,
      args: ['-endpoints', `dns+http://api.test:${port}`],
      by,
    });
    const client = await startNode(namespace, 'discovery/latency-process.ts', {});
    const [took = []] = (await client.ask({ urls: [`${url}/bytes/10`], count: 1, pauseMs: 0 })) as LatencyReport;
    expect(took[0]).toBeGreaterThan(0);
    await until(() => log.served.get(addressOf('a')), 1);
  }, 60_000);
});

function percentileOf(values: readonly number[], ratio: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor((sorted.length - 1) * ratio)] ?? Number.NaN;
}

function summaryOf(took: readonly number[]): string {
  const [first = 0] = took;
  const figures = [first, percentileOf(took, 0.5), percentileOf(took, 0.9), percentileOf(took, 0.99)];
  const [one, p50, p90, p99] = figures.map((ms) => ms.toFixed(2));
  return `first ${one} ms, p50 ${p50}, p90 ${p90}, p99 ${p99}, longest ${Math.max(...took).toFixed(2)} of ${took.length}`;
}
