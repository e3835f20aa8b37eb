import http from 'node:http';
import { createRandom } from '../../shared/random.ts';
import type { BalancingProxyOptions, HookContext, Strategy } from '../../src/index.ts';
import { late } from '../helpers/late.ts';
import { leakCheckedResources } from '../helpers/leaks.ts';
import { request } from '../helpers/proxy.ts';
import { answering, hanging, refusedUrl } from '../helpers/servers.ts';
import { until } from '../helpers/until.ts';

const resources = leakCheckedResources();

const serve = async (options: BalancingProxyOptions) => resources.serve({ strategy: 'failover', ...options });

describe('failover', () => {
  test('asks in the order given, only as many as needed, and never ahead of time', async () => {
    const endpoints = [
      await resources.start(answering(500, 'a')),
      await resources.start(late(50, answering(200, 'b'))),
      await resources.start(answering(200, 'c')),
    ];
    const { url } = await serve({ endpoints: endpoints.map((each) => each.url) });
    for (let i = 0; i < 3; i++) expect((await request(url)).text).toBe('b');
    expect(endpoints.map(({ asked }) => asked())).toEqual([3, 3, 0]);
  });

  test.each<[string, () => Promise<string>]>([
    ['refuses', refusedUrl],
    ['hangs', async () => (await resources.start(hanging)).url],
    ['resets', async () => (await resources.startTcp((socket) => void socket.resetAndDestroy())).url],
    [
      'breaks off a small body',
      async () =>
        (
          await resources.start(
            (_, res) => void res.writeHead(200, { 'Content-Length': 9 }).write('half', breakOff(res)),
          )
        ).url,
    ],
  ])('asks the next endpoint when one %s', async (_, startBad) => {
    const endpoints = [await startBad(), await startBad(), (await resources.start(answering(200, 'good'))).url];
    const { url } = await serve({ endpoints, timeouts: { responseMs: 250 } });
    expect((await request(url)).text).toBe('good');
  });

  test('asks the next endpoint when `rewriteRequest` never settles for one', async () => {
    const endpoints = [
      (await resources.start(answering(200, 'bad'))).url,
      (await resources.start(answering(200, 'good'))).url,
    ];
    const never = new Promise<undefined>(() => {});
    const { url, proxy } = await serve({
      endpoints,
      rewriteRequest: (_: unknown, { endpoint }: HookContext) => (endpoint === endpoints[0] ? never : undefined),
      timeouts: { responseMs: 100 },
    });
    expect((await request(url)).text).toBe('good');
    expect(proxy.endpoints.map(({ inFlight }) => inFlight)).toEqual([0, 0]);
  });

  test('ends with `maxAttempts`', async () => {
    const endpoints = [
      await resources.start(answering(500, 'a')),
      await resources.start(answering(501, 'b')),
      await resources.start(answering(200, 'c')),
    ];
    const { url } = await serve({ endpoints: endpoints.map((each) => each.url), maxAttempts: 2 });
    expect((await request(url)).status).toBe(500);
    expect(endpoints.map(({ asked }) => asked())).toEqual([1, 1, 0]);
  });

  test('ends when the total time is up, with endpoints left to try', async () => {
    const endpoints = [
      await resources.start(hanging),
      await resources.start(hanging),
      await resources.start(answering(200, 'too late')),
    ];
    const [one = '', ...others] = endpoints.map(({ url }) => url);
    const { url } = await serve({
      endpoints: [{ url: one, timeouts: { responseMs: 50 } }, ...others],
      timeouts: { totalMs: 1_000 },
    });
    const { status, text } = await request(url);
    expect([status, text]).toEqual([504, '504 ERR_BRP_TOTAL_TIMEOUT\n']);
    expect(endpoints.map(({ asked }) => asked())).toEqual([1, 1, 0]);
  });
});

describe('four endpoints of which each answers a quarter of all requests with an error', () => {
  /** The same for every run: whether this endpoint fails this request. */
  const fails = (endpoint: number, index: number): boolean => createRandom(index * 4 + endpoint)() < 0.25;
  const all = [0, 1, 2, 3];
  const isHopeless = (index: number): boolean => all.every((endpoint) => fails(endpoint, index));

  test.each<[number, Strategy, number]>([
    [2_000, 'failover', 1.4],
    [400, 'race', 4],
  ])(
    'answer at least 99.5 %% of %i by %s with at most %d attempts each',
    async (requests, strategy, most) => {
      const endpoints = await Promise.all(
        all.map((endpoint) =>
          resources.start((req, res) =>
            answering(fails(endpoint, Number(req.url?.slice(1))) ? 500 : 200, 'text')(req, res),
          ),
        ),
      );
      const { url } = await serve({ endpoints: endpoints.map((each) => each.url), strategy });
      const agent = new http.Agent({ keepAlive: true, maxSockets: 20 });
      resources.use({ close: () => agent.destroy() });
      const indexes = [...Array(requests).keys()];
      const received = await Promise.all(indexes.map((index) => request(`${url}/${index}`, { agent })));
      const failed = indexes.filter((index) => received[index]?.status !== 200);
      expect(failed).toEqual(indexes.filter(isHopeless));
      expect(failed.length).toBeLessThanOrEqual(0.005 * requests);
      expect(endpoints.reduce((sum, { asked }) => sum + asked(), 0)).toBeLessThanOrEqual(most * requests);
    },
    30_000,
  );
});

describe('an endpoint that asks for a pause', () => {
  const inTenSeconds = () => new Date(Date.now() + 10_000).toUTCString();
  test.each<[number, string, () => string]>([
    [429, 'seconds', () => '10'],
    [503, 'seconds', () => '10'],
    [503, 'an HTTP date', inTenSeconds],
  ])('with %i and a Retry-After in %s is asked last', async (status, _, retryAfter) => {
    const pausing = await resources.start((req, res) =>
      answering(status, 'pause', { 'Retry-After': retryAfter() })(req, res),
    );
    const bad = await resources.start(answering(500, 'bad'));
    const good = await resources.start(answering(200, 'good'));
    const endpoints = [pausing.url, bad.url, good.url];
    const { url, proxy } = await serve({ endpoints, terminalStatuses: '200' });
    for (let i = 0; i < 3; i++) expect((await request(url)).text).toBe('good');
    expect([pausing.asked(), bad.asked(), good.asked()]).toEqual([1, 3, 3]);
    expect(proxy.endpoints[0]?.state).toBe('cooling');
    expect(proxy.endpoints[0]?.backInMs).toBeGreaterThan(5_000);
  });

  test('is asked first again when the time is over', async () => {
    const pausing = await resources.start((req, res) =>
      answering(pausing.asked() === 1 ? 503 : 200, 'first', { 'Retry-After': '1' })(req, res),
    );
    const { url, proxy } = await serve({
      endpoints: [pausing.url, (await resources.start(answering(200, 'second'))).url],
    });
    expect((await request(url)).text).toBe('second');
    await until(() => proxy.endpoints[0]?.state, 'available');
    expect((await request(url)).text).toBe('first');
  });

  test('is asked all the same when nobody else is left', async () => {
    const pausing = await resources.start(answering(503, 'pause', { 'Retry-After': '10' }));
    const { url } = await serve({ endpoints: [pausing.url] });
    for (let i = 0; i < 2; i++) expect((await request(url)).text).toBe('pause');
    expect(pausing.asked()).toBe(2);
  });

  test.each(['soon', '', '-1'])('is not believed when its Retry-After is %j', async (retryAfter) => {
    const bad = await resources.start(answering(503, 'bad', { 'Retry-After': retryAfter }));
    const { url, proxy } = await serve({ endpoints: [bad.url, (await resources.start(answering(200, 'good'))).url] });
    for (let i = 0; i < 2; i++) expect((await request(url)).text).toBe('good');
    expect([bad.asked(), proxy.endpoints[0]?.state]).toEqual([2, 'available']);
  });
});

function breakOff(res: http.ServerResponse): () => void {
  return () => void res.destroy();
}
