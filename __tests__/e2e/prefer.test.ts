import type { BalancingProxyOptions } from '../../src/index.ts';
import { late } from '../helpers/late.ts';
import { leakCheckedResources } from '../helpers/leaks.ts';
import { request } from '../helpers/proxy.ts';
import { answering, hanging, refusedUrl } from '../helpers/servers.ts';

const resources = leakCheckedResources();

const notFound = answering(404, 'not here');
const found = answering(200, 'found');

const preferring = async (options: BalancingProxyOptions) => resources.serve({ preferStatuses: '200,300', ...options });

describe('a usable response that is not of `preferStatuses`', () => {
  test.each([200, 302])('does not beat a %i that comes within the grace', async (status) => {
    const endpoints = [await resources.start(notFound), await resources.start(late(40, answering(status, 'found')))];
    const { url, proxy } = await preferring({ endpoints: endpoints.map((each) => each.url), preferGraceMs: 2_000 });
    const { text } = await request(url);
    expect(text).toBe('found');
    expect(proxy.endpoints).toMatchObject([
      { successes: 1, wins: 0 },
      { successes: 1, wins: 1 },
    ]);
  });

  test('wins when the grace is over, and the others are cancelled', async () => {
    const slow = await resources.start(hanging);
    const { url, events } = await preferring({
      endpoints: [(await resources.start(notFound)).url, slow.url],
      preferGraceMs: 40,
      loserGraceMs: 0,
    });
    const { status, text } = await request(url);
    expect([status, text]).toEqual([404, 'not here']);
    const ended = events.find((event) => event.type === 'request-ended');
    expect(ended?.durationMs).toBeGreaterThanOrEqual(39);
    await slow.idle();
  });

  test.each<[string, () => Promise<string>]>([
    ['answer 500', async () => (await resources.start(answering(500, 'bad'))).url],
    ['answer 404, too', async () => (await resources.start(late(20, answering(404, 'nor here')))).url],
    ['refuse', refusedUrl],
  ])('wins at once when all others %s', async (_, startOther) => {
    const endpoints = [(await resources.start(notFound)).url, await startOther(), await startOther()];
    const { url } = await preferring({ endpoints, preferGraceMs: 60_000 });
    expect((await request(url)).text).toBe('not here');
  });

  test('wins at once when it is the only endpoint', async () => {
    const { url } = await preferring({ endpoints: [(await resources.start(notFound)).url], preferGraceMs: 60_000 });
    expect((await request(url)).status).toBe(404);
  });

  test.each(['failover', 'hedge'] as const)('has the next endpoint asked at once by %s', async (strategy) => {
    const endpoints = [
      await resources.start(notFound),
      await resources.start(notFound),
      await resources.start(found),
      await resources.start(found),
    ];
    const { url } = await preferring({
      endpoints: endpoints.map((each) => each.url),
      strategy,
      preferGraceMs: 60_000,
      hedge: { delayMs: 60_000 },
    });
    expect((await request(url)).text).toBe('found');
    expect(endpoints.map(({ asked }) => asked())).toEqual([1, 1, 1, 0]);
  });

  test('asks nobody else for a POST that goes to a single endpoint', async () => {
    const endpoints = [await resources.start(notFound), await resources.start(found)];
    const { url } = await preferring({
      endpoints: endpoints.map((each) => each.url),
      unsafeMethods: 'single',
      preferGraceMs: 60_000,
    });
    expect((await request(url, { method: 'POST', body: 'x' })).status).toBe(404);
    expect(endpoints[1]?.asked()).toBe(0);
  });

  test('arrives whole when it is large and was held', async () => {
    const text = 'not here '.repeat(100_000);
    const { url } = await preferring({
      endpoints: [(await resources.start(answering(404, text))).url, (await resources.start(hanging)).url],
      preferGraceMs: 40,
    });
    expect((await request(url)).text === text).toBe(true);
  });

  test('loses to nothing without `preferStatuses`', async () => {
    const endpoints = [await resources.start(notFound), await resources.start(late(40, found))];
    const { url } = await resources.serve({ endpoints: endpoints.map((each) => each.url), preferGraceMs: 60_000 });
    expect((await request(url)).status).toBe(404);
  });
});

describe('a held response', () => {
  test('is let go of when the client goes away', async () => {
    const held = Promise.withResolvers<void>();
    const endless = await resources.start((_, res) => void res.writeHead(404).write('not here'));
    const slow = await resources.start(hanging);
    const served = await preferring({
      endpoints: [endless.url, slow.url],
      preferGraceMs: 60_000,
      isUsable: () => {
        held.resolve();
        return true;
      },
    });
    const abort = new AbortController();
    const asking = request(served.url, { signal: abort.signal });
    void held.promise.then(() => abort.abort());
    await expect(asking).rejects.toThrow('aborted');
    await Promise.all([endless.idle(), slow.idle()]);
    await served.proxy.close();
    expect(served.proxy.endpoints.map(({ inFlight }) => inFlight)).toEqual([0, 0]);
  });
});
