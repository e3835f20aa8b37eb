import { jest } from '@jest/globals';
import type { BalancingProxyOptions, EndpointsByDns, ProxyEvent } from '../../src/index.ts';
import { startDns, type TestDns } from '../helpers/dns-server.ts';
import { leakCheckedResources } from '../helpers/leaks.ts';
import { request, type ServedProxy } from '../helpers/proxy.ts';
import { refusedUrl } from '../helpers/servers.ts';
import { including, until } from '../helpers/until.ts';

const resources = leakCheckedResources();
let dns: TestDns;
beforeEach(async () => {
  dns = resources.use(await startDns());
});

type Items = Exclude<BalancingProxyOptions['endpoints'], (...args: never) => unknown>;

const serve = (endpoints: Items, more: Partial<BalancingProxyOptions> = {}) =>
  resources.serve({ endpoints, loserGraceMs: Infinity, ...more });

/** A name that the DNS server of the test knows, or does not. */
const byName = (name: string, port: number, more: Partial<EndpointsByDns> = {}): EndpointsByDns => ({
  dns: `http://${name}:${port}`,
  servers: [dns.server],
  ...more,
});

const namesAt = ({ proxy }: ServedProxy) => proxy.endpoints.map(({ name }) => name);
const ofDns = (events: readonly ProxyEvent[]) => events.filter((event) => 'dns' in event);

describe('a name in a list', () => {
  test('stands for all its addresses, in its place, with its settings', async () => {
    const one = await resources.start(({ headers }, res) => void res.end(`one ${headers['x-key']}`));
    dns.zone.set('A api.internal', ['127.0.0.1']);
    const items = [await refusedUrl(), byName('api.internal', one.port, { headers: { 'X-Key': 'k' } })];
    const served = await serve([...items, { url: await refusedUrl(), name: 'last' }], { strategy: 'failover' });
    await served.proxy.discover();
    expect((await request(served.url)).text).toBe('one k');
    const [end] = served.events.filter(({ type }) => type === 'request-ended').slice(-1);
    expect(end).toMatchObject({
      attempts: [{ outcome: 'failed' }, { endpoint: `http://api.internal:${one.port} (127.0.0.1)`, outcome: 'won' }],
    });
  });

  test('is asked before the others where it is in a tier before theirs', async () => {
    const [one, backup] = [await resources.startSaying('one'), await resources.startSaying('backup')];
    dns.zone.set('A api.internal', ['127.0.0.1']);
    const { url, proxy } = await serve([{ url: backup.url, tier: 1 }, byName('api.internal', one.port)]);
    await proxy.discover();
    expect((await request(url)).text).toBe('one');
    expect(backup.asked()).toBe(0);
  });

  test('delays nobody while DNS is mute: others answer at once, the first time and after a pause', async () => {
    const one = await resources.startSaying('one');
    dns.zone.set('A api.internal', ['127.0.0.1']);
    dns.mannersFor.set('A mute.internal', 'silent');
    const settings = { refreshMs: 1, timeoutMs: 1_500 };
    const { url, proxy } = await serve([
      byName('mute.internal', one.port, settings),
      byName('api.internal', one.port, settings),
    ]);
    const answered: string[] = [];
    const mute = proxy.discover().then(() => answered.push('mute'));
    for (let count = 0; count < 3; count++) {
      expect((await request(url)).text).toBe('one');
      answered.push('one');
    }
    await mute;
    expect(answered).toEqual(['one', 'one', 'one', 'mute']);
    expect(dns.questions.filter((question) => question === 'A api.internal').length).toBeGreaterThan(1);
  });

  test('is not waited for after a pause where there is another endpoint', async () => {
    const [one, two] = [await resources.startSaying('one'), await resources.startSaying('two')];
    dns.zone.set('A api.internal', ['127.0.0.1']);
    const { url, proxy } = await serve([two.url, byName('api.internal', one.port, { refreshMs: 1, timeoutMs: 300 })], {
      strategy: 'failover',
      timeouts: { totalMs: 150 },
    });
    await proxy.discover();
    dns.manners = 'silent';
    const isOldAt = performance.now() + 2;
    await until(() => performance.now() > isOldAt);
    expect((await request(url)).text).toBe('two');
    await until(() => proxy.names[0]?.problem !== undefined);
  });

  test('answers the first request although nobody has asked before', async () => {
    const one = await resources.startSaying('one');
    dns.zone.set('A api.internal', ['127.0.0.1']);
    const served = await serve([byName('api.internal', one.port)]);
    expect((await request(served.url)).text).toBe('one');
    expect(namesAt(served)).toEqual([`http://api.internal:${one.port} (127.0.0.1)`]);
  });

  test('lets a request fail only while no name has an answer', async () => {
    const one = await resources.startSaying('one');
    dns.manners = 'NXDOMAIN';
    const names = ['a.internal', 'b.internal'].map((name) => byName(name, one.port));
    const { url, events } = await serve(names);
    expect(await request(url)).toMatchObject({
      status: 503,
      headers: { 'retry-after': '1' },
      text: '503 ERR_BRP_NO_ENDPOINT\n',
    });
    const end = events.find(({ type }) => type === 'request-ended');
    expect(end).toMatchObject({
      error: {
        message: 'no endpoint is known yet, because DNS gives no address',
        cause: { message: expect.stringMatching(/a\.internal \(A\).*; .*b\.internal \(A\)/) },
      },
    });
    dns.manners = 'well';
    dns.zone.set('A b.internal', ['127.0.0.1']);
    expect((await request(url)).text).toBe('one');
  });

  test('is asked for once by a crowd of first requests', async () => {
    const one = await resources.startSaying('one');
    dns.zone.set('A api.internal', ['127.0.0.1']);
    const { url } = await serve([byName('api.internal', one.port)]);
    const texts = await Promise.all(Array.from({ length: 20 }, async () => (await request(url)).text));
    expect(new Set(texts)).toEqual(new Set(['one']));
    expect(dns.questions).toEqual(['A api.internal']);
  });
});

describe('discover', () => {
  test('finds the endpoints before a request comes', async () => {
    const one = await resources.startSaying('one');
    dns.zone.set('A api.internal', ['127.0.0.2', '127.0.0.1']);
    const served = await serve([byName('api.internal', one.port), 'http://two.example']);
    await served.proxy.discover();
    const place = `http://api.internal:${one.port}`;
    const endpoints = [`${place} (127.0.0.1)`, `${place} (127.0.0.2)`];
    expect(namesAt(served).sort()).toEqual([...endpoints, 'http://two.example']);
    expect(served.proxy.names).toEqual([
      {
        dns: place,
        index: 0,
        record: 'A',
        refreshMs: 30_000,
        answers: [
          { hostname: 'api.internal', address: '127.0.0.1' },
          { hostname: 'api.internal', address: '127.0.0.2' },
        ],
        endpoints,
        problem: undefined,
      },
    ]);
    await served.proxy.discover();
    expect(dns.questions).toEqual(['A api.internal']);
  });

  test('goes on with the answers of a proxy before, while DNS gives none', async () => {
    const one = await resources.startSaying('one');
    dns.zone.set('A api.internal', ['127.0.0.1']);
    const before = await serve([byName('api.internal', one.port)]);
    await before.proxy.discover();
    dns.manners = 'SERVFAIL';
    const { url, proxy } = await serve([byName('api.internal', one.port)]);
    await proxy.discover(structuredClone(before.proxy.names));
    expect(proxy.names).toMatchObject([{ problem: expect.stringMatching('api.internal') }]);
    expect((await request(url)).text).toBe('one');
  });

  test('resolves at once where there is no name', async () => {
    const { proxy } = await serve(['http://one.example']);
    await expect(proxy.discover()).resolves.toBeUndefined();
  });
});

describe('events', () => {
  test('tell once of each change, and of DNS that fails and answers again', async () => {
    const one = await resources.startSaying('one');
    dns.zone.set('A api.internal', ['127.0.0.1']);
    const { url, proxy, events } = await serve([byName('api.internal', one.port, { refreshMs: 1 })]);
    await proxy.discover();
    dns.zone.set('A api.internal', ['127.0.0.1', '127.0.0.9']);
    const untilTold = (type: ProxyEvent['type']) =>
      until(async () => {
        await request(url);
        return ofDns(events).map((event) => event.type);
      }, including(type));
    await until(async () => (await request(url)) && ofDns(events).length, 2);
    dns.manners = 'NXDOMAIN';
    await untilTold('dns-failed');
    dns.manners = 'well';
    await untilTold('dns-restored');
    const place = `http://api.internal:${one.port}`;
    const [first, second] = [`${place} (127.0.0.1)`, `${place} (127.0.0.9)`];
    expect(ofDns(events)).toEqual([
      { type: 'endpoints-changed', dns: place, endpoints: [first], added: [first], removed: [] },
      { type: 'endpoints-changed', dns: place, endpoints: [first, second], added: [second], removed: [] },
      { type: 'dns-failed', dns: place, problem: expect.stringMatching('no address from DNS for api.internal') },
      { type: 'dns-restored', dns: place },
    ]);
  });
});

test('an observer that throws changes nothing', async () => {
  const one = await resources.startSaying('one');
  dns.zone.set('A api.internal', ['127.0.0.1']);
  const { url, proxy } = await serve([byName('api.internal', one.port)]);
  const emitWarning = jest.spyOn(process, 'emitWarning').mockImplementation(() => {});
  const unsubscribe = proxy.subscribe(() => {
    throw new Error('an observer at fault');
  });
  await proxy.discover();
  unsubscribe();
  emitWarning.mockRestore();
  expect(proxy.names).toMatchObject([
    { endpoints: [`http://api.internal:${one.port} (127.0.0.1)`], problem: undefined },
  ]);
  expect((await request(url)).text).toBe('one');
});

test('an endpoint that was drained is still drained when its address goes away and comes back', async () => {
  const [one, two] = [await resources.startSaying('one'), await resources.startSaying('two')];
  dns.zone.set('A api.internal', ['127.0.0.1']);
  const { url, proxy } = await serve([byName('api.internal', one.port, { refreshMs: 1 }), two.url], {
    strategy: 'failover',
  });
  const [name = ''] = [`http://api.internal:${one.port} (127.0.0.1)`];
  expect(proxy.drain(name)).toBe(false);
  await proxy.discover();
  expect((await request(url)).text).toBe('one');
  expect(proxy.drain(name)).toBe(true);
  const isThere = () => proxy.names[0]?.endpoints.includes(name) ?? false;
  const untilThere = async (wanted: boolean) => {
    await until(async () => (await request(url)).status === 200 && isThere() === wanted);
  };
  dns.zone.set('A api.internal', ['127.0.0.9']);
  await untilThere(false);
  dns.zone.set('A api.internal', ['127.0.0.1']);
  await untilThere(true);
  const asked = one.asked();
  expect((await request(url)).text).toBe('two');
  expect(one.asked()).toBe(asked);
  proxy.restore(name);
  expect((await request(url)).text).toBe('one');
});
