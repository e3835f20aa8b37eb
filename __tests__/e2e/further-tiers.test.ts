import { once } from 'node:events';
import type http from 'node:http';
import http2 from 'node:http2';
import { WebSocket } from 'ws';
import { type BalancingProxyOptions, createBalancingProxy } from '../../src/index.ts';
import { sendHttp2, textOf } from '../helpers/frames.ts';
import { late } from '../helpers/late.ts';
import { leakCheckedResources } from '../helpers/leaks.ts';
import { request } from '../helpers/proxy.ts';
import { answering, hanging, refusedUrl } from '../helpers/servers.ts';
import { until } from '../helpers/until.ts';
import { serveUpgrades, startEcho } from '../helpers/upgrades.ts';
import { contentOf, endOf, outcomesOf, serveMirrors, sha256 } from './mirror.ts';

const resources = leakCheckedResources();

async function serve(options: BalancingProxyOptions) {
  const served = await resources.serve(options);
  const started = () =>
    served.events.flatMap((event) => (event.type === 'attempt-started' ? [`${event.endpoint} ${event.reason}`] : []));
  return { ...served, started };
}

/** Endpoints of which each is in a tier of its own. */
const inTiers = (...urls: readonly string[]) => urls.map((url, tier) => ({ url, tier, name: `tier ${tier}` }));

const strategies = ['race', 'hedge', 'failover', 'single'] as const;

describe('of three tiers', () => {
  test.each(strategies)('each is asked when those before have refused, in a %s', async (strategy) => {
    const last = await resources.startSaying('last');
    const endpoints = inTiers(await refusedUrl(), await refusedUrl(), last.url).toReversed();
    const { url, started } = await serve({ strategy, endpoints });
    expect((await request(url)).text).toBe('last');
    expect(started()).toEqual(['tier 0 first', 'tier 1 tier', 'tier 2 tier']);
  });

  test('one follows the other by tierDelayMs, and the first may still win', async () => {
    const slow = await resources.startHeld();
    const others = [await resources.start(hanging), await resources.start(hanging)];
    const endpoints = inTiers(slow.url, ...others.map((other) => other.url));
    const { url, started } = await serve({ endpoints, tierDelayMs: 20 });
    const answer = request(url);
    await until(() => others.every((other) => other.asked() === 1));
    (await slow.first).end('slow');
    expect((await answer).text).toBe('slow');
    expect(started()).toEqual(['tier 0 first', 'tier 1 tier', 'tier 2 tier']);
  });

  test('the first one gives the spare when all answer 500', async () => {
    const urls: string[] = [];
    for (const tier of [0, 1, 2]) urls.push(await resources.startAt(answering(500 + tier, `tier ${tier}`)));
    const { url } = await serve({ endpoints: inTiers(...urls) });
    expect(await request(url)).toMatchObject({ status: 500, text: 'tier 0' });
  });
});

test('a write that may be sent only once does not go to a further tier by time', async () => {
  const slow = await resources.start(late(200, answering(200, 'slow')));
  const backup = await resources.startSaying('backup');
  const { url } = await serve({ endpoints: inTiers(slow.url, backup.url), tierDelayMs: 10, unsafeMethods: 'single' });
  expect((await request(url, { method: 'POST', body: 'once' })).text).toBe('slow');
  expect(backup.asked()).toBe(0);
});

test('the fastest of all is asked nothing while it is in a further tier', async () => {
  const slow = [await resources.start(late(5, answering(200, 'slow'))), await resources.startSaying('slow')];
  const backup = await resources.startSaying('backup');
  const endpoints = [{ url: backup.url, tier: 1 }, ...slow.map(({ url }) => url)];
  const { url } = await serve({ strategy: 'failover', order: 'fastest', endpoints });
  // One request in 32 goes to the endpoint that was asked longest ago.
  for (let i = 0; i < 70; i++) expect((await request(url)).text).toBe('slow');
  expect(backup.asked()).toBe(0);
});

test('a function may put an endpoint in another tier with each request', async () => {
  const [one, two] = [await resources.startSaying('one'), await resources.startSaying('two')];
  const tierOf = (name: string, req: http.IncomingMessage) => (req.url === `/${name}` ? 0 : 1);
  const endpoints = (req: http.IncomingMessage) => [
    { url: one.url, tier: tierOf('one', req) },
    { url: two.url, tier: tierOf('two', req) },
  ];
  const { url } = await serve({ endpoints });
  for (const name of ['one', 'two', 'one']) expect((await request(`${url}/${name}`)).text).toBe(name);
  expect([one.asked(), two.asked()]).toEqual([2, 1]);
});

test.each(strategies)('a WebSocket goes to a further tier only when the first is down, in a %s', async (strategy) => {
  const primary = resources.use(await startEcho({ verifyClient: (_: unknown, done) => done(isUp, 503) }));
  const backup = resources.use(await startEcho());
  let isUp = true;
  const endpoints = inTiers(primary.url, backup.url);
  const served = resources.use(await serveUpgrades({ strategy, endpoints, terminalStatuses: '!503' }));
  const winner = async () => {
    const socket = new WebSocket(`${served.url.replace('http', 'ws')}/chat`);
    await once(socket, 'open');
    socket.close();
    await once(socket, 'close');
    return served.events.filter(({ type }) => type === 'response-started').at(-1);
  };
  expect([await winner(), backup.accepted]).toEqual([expect.objectContaining({ endpoint: 'tier 0' }), 0]);
  isUp = false;
  if (strategy === 'single') return;
  expect([await winner(), backup.accepted]).toEqual([expect.objectContaining({ endpoint: 'tier 1' }), 1]);
  isUp = true;
  expect([await winner(), backup.accepted]).toEqual([expect.objectContaining({ endpoint: 'tier 0' }), 1]);
});

describe('a further tier is not asked beside the first one', () => {
  test('while a response of it is held', async () => {
    const primary = await resources.startHeld((res) => res.writeHead(200).write('half'));
    const backup = await resources.startSaying('backup');
    const { url } = await serve({ endpoints: inTiers(primary.url, backup.url), holdMs: 60_000 });
    const answer = request(url);
    (await primary.first).end('half');
    expect((await answer).text).toBe('halfhalf');
    expect(backup.asked()).toBe(0);
  });

  test('for a response that only is not a preferred one', async () => {
    const primary = await resources.startAt(answering(404, 'not here'));
    const backup = await resources.startSaying('backup');
    const { url } = await serve({
      endpoints: inTiers(primary, backup.url),
      preferStatuses: '200',
      preferGraceMs: 60_000,
    });
    expect(await request(url)).toMatchObject({ status: 404, text: 'not here' });
    expect(backup.asked()).toBe(0);
  });

  test('when a body breaks off that the others of its tier can go on with', async () => {
    const content = contentOf(300_000);
    const mirror = { content, headers: { ETag: '"one"' } };
    const served = await serveMirrors(resources, [{ ...mirror, breaksAt: [150_000] }, mirror, mirror]);
    const endpoints = served.mirrors.map(({ url }, index) => ({
      url,
      name: `mirror ${index}`,
      tier: index === 2 ? 1 : 0,
    }));
    const tiered = await resources.serve({ endpoints, strategy: 'failover' });
    expect(sha256((await request(tiered.url)).body)).toBe(sha256(content));
    expect(outcomesOf(await endOf(tiered))).toEqual([
      'mirror 0 first won ERR_BRP_CONNECTION_LOST',
      'mirror 1 resume resumed',
    ]);
  });
});

test('a body goes on from a further tier when all of the first have broken off', async () => {
  const content = contentOf(300_000);
  const mirror = { content, headers: { ETag: '"one"' } };
  const breaking = { ...mirror, breaksAt: [100_000, 50_000, 20_000] };
  const { mirrors } = await serveMirrors(resources, [breaking, breaking, mirror]);
  const endpoints = mirrors.map(({ url }, index) => ({ url, name: `mirror ${index}`, tier: index === 2 ? 1 : 0 }));
  const served = await resources.serve({ endpoints, strategy: 'failover' });
  expect(sha256((await request(served.url)).body)).toBe(sha256(content));
  expect(outcomesOf(await endOf(served))).toEqual([
    'mirror 0 first won ERR_BRP_CONNECTION_LOST',
    'mirror 1 resume resumed ERR_BRP_CONNECTION_LOST',
    'mirror 2 resume resumed',
  ]);
});

describe('an upload that is streamed', () => {
  const upload = { method: 'PUT', body: Buffer.alloc(200_000, 'x') };
  const stream = { largeBody: 'stream', bodyLimitBytes: 1_000 } as const;
  const counting: http.RequestListener = async (req, res) => {
    let bytes = 0;
    for await (const chunk of req) bytes += chunk.length;
    res.end(String(bytes));
  };

  test('goes to the first tier', async () => {
    const backup = await resources.startSaying('backup');
    const { url } = await serve({ endpoints: inTiers(await resources.startAt(counting), backup.url), ...stream });
    expect((await request(url, upload)).text).toBe('200000');
    expect(backup.asked()).toBe(0);
  });

  test('goes to a further tier at once where the first is drained', async () => {
    const primary = await resources.startSaying('primary');
    const endpoints = inTiers(primary.url, await resources.startAt(counting));
    const { url, proxy } = await serve({ endpoints, ...stream });
    proxy.drain('tier 0');
    expect((await request(url, upload)).text).toBe('200000');
    expect(primary.asked()).toBe(0);
  });
});

test('a client of HTTP/2 is answered by a further tier within its request', async () => {
  const backup = await resources.startSaying('backup');
  const proxy = resources.use(createBalancingProxy({ endpoints: inTiers(await refusedUrl(), backup.url) }));
  const { url } = await resources.listen(http2.createServer((req, res) => proxy(req as never, res as never)));
  const texts = Array.from({ length: 5 }, async () => textOf(await sendHttp2(url).answer));
  expect(new Set(await Promise.all(texts))).toEqual(new Set(['backup']));
  expect(backup.asked()).toBe(5);
});
