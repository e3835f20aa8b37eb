import { once } from 'node:events';
import http, { type RequestListener } from 'node:http';
import https from 'node:https';
import { networkInterfaces } from 'node:os';
import { setImmediate } from 'node:timers/promises';
import { createCertificate } from '../../shared/certificate.ts';
import { type BalancingProxyOptions, type DnsEndpointsOptions, dnsEndpoints } from '../../src/index.ts';
import { type Manners, startDns, type TestDns } from '../helpers/dns-server.ts';
import { leakCheckedResources } from '../helpers/leaks.ts';
import { readAll, request, type ServedProxy } from '../helpers/proxy.ts';
import { answering, refusedUrl, startHttp } from '../helpers/servers.ts';
import { atLeast, until } from '../helpers/until.ts';

const resources = leakCheckedResources();
let dns: TestDns;
beforeEach(async () => {
  dns = resources.use(await startDns());
});

/** Serves a proxy whose endpoints are found by the DNS server of the test. */
const serve = async (url: string, options: DnsEndpointsOptions = {}, more: Partial<BalancingProxyOptions> = {}) => {
  const endpoints = dnsEndpoints(url, { servers: [dns.server], ...options });
  return await resources.serve({ endpoints, loserGraceMs: Infinity, ...more });
};

const namesAt = ({ proxy }: ServedProxy) => proxy.endpoints.map(({ name }) => name);

// Other systems answer on 127.0.0.1 only.
const testOnLinux = process.platform === 'linux' ? test : test.skip;
const hasIpv6 = Object.values(networkInterfaces()).some((each) => each?.some(({ address }) => address === '::1'));
const testWithIpv6 = hasIpv6 ? test : test.skip;

describe('endpoints by DNS', () => {
  testOnLinux('are all addresses of a name, each asked with the Host of the URL', async () => {
    const hosts: string[] = [];
    const answer: RequestListener = (req, res) => {
      hosts.push(`${req.socket.localAddress} ${req.headers.host} ${req.url}`);
      answering(200, 'ok')(req, res);
    };
    const { port } = await resources.start(answer);
    await resources.start(answer, { host: '127.0.0.2', port });
    dns.zone.set('A api.internal', ['127.0.0.2', '127.0.0.1']);
    const served = await serve(`http://api.internal:${port}/base?key=1`);
    expect((await request(`${served.url}/path`)).text).toBe('ok');
    await served.proxy.close();
    expect(hosts.sort()).toEqual(
      ['127.0.0.1', '127.0.0.2'].map((address) => `${address} api.internal:${port} /base/path?key=1`),
    );
    expect(namesAt(served)).toEqual([
      `http://api.internal:${port}/base (127.0.0.1)`,
      `http://api.internal:${port}/base (127.0.0.2)`,
    ]);
  });

  test('have to have a certificate for the name of the URL', async () => {
    const certificate = await createCertificate('api.internal');
    const { port } = await resources.listen(https.createServer(certificate, answering(200, 'secret')));
    dns.zone.set('A api.internal', ['127.0.0.1']).set('A other.internal', ['127.0.0.1']);
    const tls = { ca: certificate.cert };
    const [right, wrong] = [`https://api.internal:${port}`, `https://other.internal:${port}`] as const;
    expect((await request((await serve(right, {}, { tls })).url)).text).toBe('secret');
    expect((await request((await serve(wrong, {}, { tls })).url)).status).toBe(502);
  });

  test('may be in one list with others, each in its tier, with settings for each address', async () => {
    const servers = await resources.start(answering(503, 'down'));
    const backup = await resources.start(({ headers }, res) => void res.end(`backup ${headers['x-key']}`));
    dns.zone.set('A api.internal', ['127.0.0.1']).set('A backup.internal', ['127.0.0.1']);
    const byName = (name: string, port: number, options: DnsEndpointsOptions) =>
      dnsEndpoints(`http://${name}:${port}`, { servers: [dns.server], ...options });
    const first = byName('api.internal', servers.port, { maxInFlight: 1 });
    const second = byName('backup.internal', backup.port, { tier: 2, headers: { 'X-Key': 'k' } });
    const served = await resources.serve({
      endpoints: async (req) => [{ url: await refusedUrl(), tier: 1 }, ...(await second(req)), ...(await first(req))],
    });
    expect((await request(served.url)).text).toBe('backup k');
    const end = served.events.find(({ type }) => type === 'request-ended');
    const tiers = [{ reason: 'first' }, { reason: 'tier' }, { reason: 'tier', outcome: 'won' }];
    expect(end).toMatchObject({ attempts: tiers });
    expect(servers.asked()).toBe(1);
  });

  test('that DNS does not give leave the request to the others of a function', async () => {
    const backup = await resources.startSaying('backup');
    dns.manners = 'NXDOMAIN';
    const byDns = dnsEndpoints('http://api.internal', { servers: [dns.server] });
    const served = await resources.serve({
      endpoints: async (req) => [...(await Promise.resolve(byDns(req)).catch(() => [])), { url: backup.url, tier: 1 }],
    });
    expect((await request(served.url)).text).toBe('backup');
  });

  testWithIpv6('are IPv6 addresses', async () => {
    const { port } = await resources.start(answering(200, 'ok'), { host: '::1' });
    dns.zone.set('AAAA api.internal', ['0:0:0:0:0:0:0:1']);
    const served = await serve(`http://api.internal:${port}`, { record: 'AAAA' });
    expect((await request(served.url)).text).toBe('ok');
    expect(namesAt(served)).toEqual([`http://api.internal:${port} (::1)`]);
  });

  test('are the targets of SRV records, at their ports and with their Host, by priority', async () => {
    const hosts: unknown[] = [];
    const answer = (status: number): RequestListener => {
      return (req, res) => {
        hosts.push(req.headers.host);
        answering(status, 'ok')(req, res);
      };
    };
    const [bad, good] = [await resources.start(answer(500)), await resources.start(answer(200))];
    const weight = 1;
    dns.zone
      .set('SRV _http._tcp.api.internal', [
        { target: 'good.internal', port: good.port, priority: 2, weight },
        { target: 'bad.internal', port: bad.port, priority: 1, weight },
      ])
      .set('A good.internal', ['127.0.0.1'])
      .set('A bad.internal', ['127.0.0.1']);
    const served = await serve('http://_http._tcp.api.internal', { record: 'SRV' }, { strategy: 'failover' });
    expect((await request(served.url)).status).toBe(200);
    expect(hosts).toEqual([`bad.internal:${bad.port}`, `good.internal:${good.port}`]);
  });

  test('are asked for once by all requests that come first', async () => {
    const { port } = await resources.start(answering(200, 'ok'));
    dns.zone.set('A api.internal', ['127.0.0.1']);
    const { url } = await serve(`http://api.internal:${port}`);
    const answers = await Promise.all(Array.from({ length: 10 }, () => request(url)));
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
    expect(dns.questions).toEqual(['A api.internal']);
  });

  test.each<[Manners, string]>([
    ['SERVFAIL', 'queryA ESERVFAIL api.internal'],
    ['NXDOMAIN', 'queryA ENOTFOUND api.internal'],
    ['well', 'queryA ENODATA api.internal'],
    ['silent', 'nothing within 200 ms'],
  ])('that DNS does not give are an error, and asked for by the next request: %s', async (manners, why) => {
    const { port } = await resources.start(answering(200, 'ok'));
    dns.manners = manners;
    const { url, events } = await serve(`http://api.internal:${port}`, { timeoutMs: 200 });
    const { status, headers, text } = await request(url);
    expect([status, headers['retry-after'], text]).toEqual([503, '1', '503 ERR_BRP_NO_ENDPOINT\n']);
    const cause = { message: `no address from DNS for api.internal (A): ${why}` };
    expect(events.at(-1)).toMatchObject({
      type: 'request-ended',
      error: { message: 'no endpoint is known yet, because DNS gives no address', cause },
    });
    dns.manners = 'well';
    dns.zone.set('A api.internal', ['127.0.0.1']);
    expect((await request(url)).text).toBe('ok');
  });
});

test('a function that asks DNS among other things and is given no address fails as DNS alone does', async () => {
  dns.manners = 'NXDOMAIN';
  const find = dnsEndpoints('http://api.internal', { servers: [dns.server] });
  const served = await resources.serve({ endpoints: async (req) => [...(await find(req)), 'http://127.0.0.1:1'] });
  expect(await request(served.url)).toMatchObject({ status: 503, text: '503 ERR_BRP_NO_ENDPOINT\n' });
});

test('a request that comes after a pause does not fail for DNS that is silent, though it has little time', async () => {
  const { port } = await resources.start(answering(200, 'ok'));
  dns.zone.set('A api.internal', ['127.0.0.1']);
  const settings = { refreshMs: 1, timeoutMs: 1_200 };
  const { url, proxy } = await serve(`http://api.internal:${port}`, settings, { timeouts: { totalMs: 1_000 } });
  expect((await request(url)).text).toBe('ok');
  dns.manners = 'silent';
  const isOldAt = performance.now() + 2 * settings.refreshMs;
  await until(() => performance.now() > isOldAt);
  expect((await request(url)).text).toBe('ok');
  await proxy.close();
});

/** Clients that send one request after the other, each over a connection that is kept alive. */
function startLoad(url: string, clients: number) {
  const agent = new http.Agent({ keepAlive: true });
  const failures: unknown[] = [];
  let answered = 0;
  let isOver = false;
  const send = async () => {
    const [res] = await once(http.get(url, { agent }), 'response');
    const { status, text } = await readAll(res);
    if (status !== 200) failures.push(`${status} ${text}`);
    answered++;
  };
  const run = async () => {
    while (!isOver) {
      await send().catch((error) => failures.push(error));
      await setImmediate();
    }
  };
  const running = Promise.all(Array.from({ length: clients }, run));
  return {
    failures,
    answered: () => answered,
    stop: async () => {
      isOver = true;
      await running;
      agent.destroy();
    },
  };
}

describe('DNS answers change, fail and come back under load', () => {
  testOnLinux('no error while any known endpoint is well', async () => {
    const counts = { a: 0, b: 0 };
    const counting = (name: keyof typeof counts): RequestListener => {
      return (req, res) => {
        counts[name]++;
        answering(200, name)(req, res);
      };
    };
    const [a, b] = ['127.0.0.1', '127.0.0.2'];
    const { port } = await resources.start(counting('a'));
    const startB = () => startHttp(counting('b'), { host: b, port });
    let second = await startB();
    resources.use({ close: () => second.close() });
    dns.zone.set('A api.internal', [a]);
    const { url } = await serve(`http://api.internal:${port}`, { refreshMs: 20, timeoutMs: 100 });
    const load = startLoad(url, 20);

    /** Waits until as many requests were answered again as there may be under way, and tells who was asked meanwhile. */
    const round = async () => {
      const from = load.answered() + 100;
      await until(() => load.answered(), atLeast(from));
      const [start, rounds] = [{ ...counts }, load.answered() + 200];
      await until(() => load.answered(), atLeast(rounds));
      return { a: counts.a > start.a, b: counts.b > start.b };
    };
    const refreshes = async (count: number) => {
      const from = dns.questions.length + count;
      await until(() => dns.questions.length, atLeast(from));
    };
    const comesTo = async (expected: object) => {
      await refreshes(2);
      expect(await round()).toEqual(expected);
    };

    await comesTo({ a: true, b: false });
    dns.zone.set('A api.internal', [a, b]);
    await comesTo({ a: true, b: true });
    dns.zone.set('A api.internal', [b]);
    await comesTo({ a: false, b: true });
    for (const manners of ['SERVFAIL', 'silent', 'NXDOMAIN'] as const) {
      dns.manners = manners;
      await comesTo({ a: false, b: true });
    }
    dns.manners = 'well';
    dns.zone.set('A api.internal', []);
    await comesTo({ a: false, b: true });
    dns.zone.set('A api.internal', [a]);
    await comesTo({ a: true, b: false });
    // Nobody depends on it any more.
    await second.close();
    await comesTo({ a: true, b: false });
    // One of two known endpoints is down, and DNS does not say so.
    dns.zone.set('A api.internal', [a, b]);
    await comesTo({ a: true, b: false });
    second = await startB();
    const asked = counts.b;
    await until(() => counts.b, atLeast(asked + 1));

    await load.stop();
    expect(load.failures).toEqual([]);
  });
});
