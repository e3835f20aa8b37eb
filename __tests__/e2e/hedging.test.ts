import { createHash, randomBytes } from 'node:crypto';
import http from 'node:http';
import { setImmediate } from 'node:timers/promises';
import type { BalancingProxyOptions, ProxyEvent } from '../../src/index.ts';
import { late } from '../helpers/late.ts';
import { leakCheckedResources } from '../helpers/leaks.ts';
import { request, type ServedProxy, serveProxy } from '../helpers/proxy.ts';
import { answering, hanging, refusedUrl } from '../helpers/servers.ts';

const resources = leakCheckedResources();

/** An endpoint that remembers what it was asked and knows how much of it at once. */
async function start(listener: http.RequestListener) {
  const asked: Array<string | undefined> = [];
  let underWay = 0;
  let most = 0;
  const server = await resources.start((req, res) => {
    asked.push(req.url);
    most = Math.max(most, ++underWay);
    res.once('close', () => underWay--);
    listener(req, res);
  });
  return { url: server.url, idle: server.idle, asked, most: () => most };
}

const first = answering(200, 'first');
const second = answering(200, 'second');

const hedging = (options: BalancingProxyOptions): Promise<ServedProxy> =>
  serveProxy({ strategy: 'hedge', order: 'given', ...options }).then((served) => resources.use(served));

const reasonsIn = (events: readonly ProxyEvent[]) =>
  events.flatMap((event) => (event.type === 'attempt-started' ? [event.reason] : []));

describe('the hedge delay', () => {
  test('is never over when the first endpoint is fast', async () => {
    const endpoints = [await start(first), await start(second)];
    const { url } = await hedging({ endpoints: endpoints.map((each) => each.url), hedge: { delayMs: 500 } });
    for (let i = 0; i < 10; i++) expect((await request(url)).text).toBe('first');
    expect(endpoints.map(({ asked }) => asked.length)).toEqual([10, 0]);
  });

  test('passes before the second attempt starts when the first endpoint is slow', async () => {
    const endpoints = [await start(hanging), await start(second)];
    const { url, events } = await hedging({
      endpoints: endpoints.map((each) => each.url),
      hedge: { delayMs: 50 },
      loserGraceMs: 0,
    });
    expect((await request(url)).text).toBe('second');
    expect(reasonsIn(events)).toEqual(['first', 'hedge']);
    const ended = events.find((event) => event.type === 'request-ended');
    // A timer may fire up to a millisecond early.
    expect(ended?.attempts[1]?.startedAfterMs).toBeGreaterThanOrEqual(49);
  });

  test('leaves the first endpoint in the race when it is over', async () => {
    const endpoints = [await start(late(60, first)), await start(hanging)];
    const { url, events } = await hedging({ endpoints: endpoints.map((each) => each.url), hedge: { delayMs: 20 } });
    expect((await request(url)).text).toBe('first');
    expect(reasonsIn(events)).toEqual(['first', 'hedge']);
  });

  test.each<[string, () => Promise<string>]>([
    ['answers 500', async () => (await start(answering(500, 'bad'))).url],
    ['refuses', refusedUrl],
    ['closes the connection', async () => (await start((_, res) => void res.destroy())).url],
  ])('is not waited for, nor the budget asked, when the first endpoint %s', async (_, startBad) => {
    const { url, events } = await hedging({
      endpoints: [await startBad(), (await start(second)).url],
      hedge: { delayMs: 60_000, budgetRatio: 0, budgetFloor: 0 },
    });
    expect((await request(url)).text).toBe('second');
    expect(reasonsIn(events)).toEqual(['first', 'failure']);
  });
});

describe('a learned hedge delay', () => {
  const bad = answering(500, 'bad');
  test.each<[number, string, string, http.RequestListener]>([
    [19, 'usable', 'failure', first],
    [20, 'usable', 'hedge', first],
    [30, 'bad', 'failure', bad],
  ])('after %i %s responses starts the next attempt by %s', async (samples, _, reason, warmUp) => {
    let asked = 0;
    const endpoint = await start((req, res) => (asked++ < samples ? warmUp : hanging)(req, res));
    const other = await start(second);
    const { url, events } = await hedging({
      endpoints: [endpoint.url, other.url],
      hedge: { delayMs: 'p95', minDelayMs: 20 },
      timeouts: { responseMs: 1_500 },
    });
    for (let i = 0; i < samples; i++) await request(url);
    expect(other.asked).toHaveLength(warmUp === bad ? samples : 0);
    expect((await request(url)).text).toBe('second');
    expect(reasonsIn(events).at(-1)).toBe(reason);
  });

  test('sends one attempt per request at first, however slow the endpoints are', async () => {
    const endpoints = [await start(late(30, first)), await start(late(30, second))];
    const { url } = await hedging({ endpoints: endpoints.map((each) => each.url), hedge: { minDelayMs: 1 } });
    await Promise.all(Array.from({ length: 20 }, () => request(url)));
    expect(endpoints.map(({ asked }) => asked.length)).toEqual([20, 0]);
  });
});

describe('an attempt that loses', () => {
  test.each([
    ['the first', hanging, second, 0],
    ['the second', late(60, first), hanging, 1],
  ] as const)('is cancelled, its connection closed, when it is %s', async (_, listener, other, loser) => {
    const endpoints = [await start(listener), await start(other)];
    const { url, proxy } = await hedging({ endpoints: endpoints.map((each) => each.url), hedge: { delayMs: 20 } });
    expect((await request(url)).status).toBe(200);
    await endpoints[loser]?.idle();
    expect(proxy.endpoints[loser]).toMatchObject({ cancelled: 1, failures: 0, inFlight: 0, healthRatio: 1 });
  });

  const large = randomBytes(1_048_576);
  const inPieces: http.RequestListener = async (_, res) => {
    for (let at = 0; at < large.length; at += 65_536) {
      res.write(large.subarray(at, at + 65_536));
      await setImmediate();
    }
    res.end();
  };

  test.each([
    ['first', late(60, inPieces), hanging],
    ['second', hanging, inPieces],
  ] as const)('does not cut the 1 MB that the %s endpoint streams', async (_, listener, other) => {
    const endpoints = [(await start(listener)).url, (await start(other)).url];
    const { url, events } = await hedging({ endpoints, hedge: { delayMs: 20 } });
    const { body } = await request(url);
    expect(hashOf(body)).toBe(hashOf(large));
    expect(reasonsIn(events)).toEqual(['first', 'hedge']);
  });
});

describe('the attempts of one request', () => {
  test('are at most `maxAttempts`', async () => {
    const endpoints = [await start(hanging), await start(hanging), await start(second)];
    const { url } = await hedging({
      endpoints: endpoints.map((each) => each.url),
      maxAttempts: 2,
      hedge: { delayMs: 10 },
      timeouts: { responseMs: 300 },
    });
    expect((await request(url)).status).toBe(504);
    expect(endpoints.map(({ asked }) => asked.length)).toEqual([1, 1, 0]);
  });

  test.each(['given', 'fastest', 'random'] as const)('go to different endpoints in the order %s', async (order) => {
    const endpoints = await Promise.all([1, 2, 3].map(() => start(late(40, first))));
    const { url } = await hedging({
      endpoints: endpoints.map((each) => each.url),
      order,
      hedge: { delayMs: 5, budgetRatio: 2 },
    });
    await Promise.all(Array.from({ length: 40 }, (_, i) => request(`${url}/${i}`)));
    for (const { asked } of endpoints) expect(new Set(asked).size).toBe(asked.length);
    expect(endpoints.flatMap(({ asked }) => asked).length).toBeGreaterThan(80);
  });

  test('that find a budget used up are not more than one, which is answered all the same', async () => {
    const endpoints = [await start(late(60, first)), await start(late(60, second))];
    const { url, proxy, events } = await hedging({
      endpoints: endpoints.map((each) => each.url),
      hedge: { delayMs: 10, budgetRatio: 0, budgetFloor: 1 },
    });
    for (let i = 0; i < 3; i++) expect((await request(url)).text).toBe('first');
    expect(endpoints.map(({ asked }) => asked.length)).toEqual([3, 1]);
    expect(events.filter(({ type }) => type === 'hedge-denied')).toMatchObject([{ requestId: 2 }, { requestId: 3 }]);
    expect(proxy.hedgesDenied).toBe(2);
  });

  test('have a budget to which only requests that may be hedged add', async () => {
    const endpoints = [await start(late(60, first)), await start(late(60, second))];
    const { url, proxy } = await hedging({
      endpoints: endpoints.map((each) => each.url),
      strategy: ({ url: path }) => (path === '/hedged' ? 'hedge' : path === '/raced' ? 'race' : 'failover'),
      hedge: { delayMs: 10, budgetRatio: 0.5, budgetFloor: 0 },
    });
    await Promise.all(
      ['raced', 'raced', 'raced', 'failed', 'failed', 'failed'].map((path) => request(`${url}/${path}`)),
    );
    await request(`${url}/hedged`);
    expect(proxy.hedgesDenied).toBe(1);
    await request(`${url}/hedged`);
    expect(proxy.hedgesDenied).toBe(1);
  });

  test('ask no budget when nobody is left to try', async () => {
    const { url, proxy } = await hedging({
      endpoints: [(await start(late(40, first))).url],
      hedge: { delayMs: 10, budgetRatio: 0, budgetFloor: 0 },
    });
    expect((await request(url)).text).toBe('first');
    expect(proxy.hedgesDenied).toBe(0);
  });
});

describe('a client that goes away', () => {
  test('before the head has the attempts cancelled, the hedge included', async () => {
    const asked = Promise.withResolvers<void>();
    const endpoints = [await start(hanging), await start(() => asked.resolve())];
    const { url, proxy } = await hedging({ endpoints: endpoints.map((each) => each.url), hedge: { delayMs: 10 } });
    const abort = new AbortController();
    const asking = request(url, { signal: abort.signal });
    await asked.promise;
    abort.abort();
    await expect(asking).rejects.toThrow('aborted');
    await Promise.all(endpoints.map(({ idle }) => idle()));
    expect(proxy.endpoints).toMatchObject([
      { cancelled: 1, failures: 0 },
      { cancelled: 1, failures: 0 },
    ]);
  });

  test('within the body is told from an endpoint that breaks off', async () => {
    const endpoint = await start((_, res) => void res.write('first'));
    const { url, proxy, events } = await hedging({ endpoints: [endpoint.url] });
    const client = http.get(url, { agent: false }).on('error', () => {});
    client.once('response', (res) => res.on('error', () => {}).once('data', () => client.destroy()));
    await new Promise((resolve) => client.once('close', resolve));
    await endpoint.idle();
    await proxy.close();
    expect(events.at(-1)).toMatchObject({
      type: 'request-ended',
      winner: endpoint.url,
      error: { code: 'ERR_BRP_CLIENT_GONE' },
    });
  });
});

describe('when every endpoint slows down at once', () => {
  test('the extra attempts stay within the ratio and the floor', async () => {
    const requests = 100;
    const endpoints = await Promise.all([1, 2, 3].map(() => start(late(30, first))));
    const { url } = await hedging({
      endpoints: endpoints.map((each) => each.url),
      hedge: { delayMs: 5, budgetRatio: 0.2, budgetFloor: 3 },
    });
    for (let i = 0; i < requests; i += 25) {
      const received = await Promise.all(Array.from({ length: 25 }, () => request(url)));
      expect(received.every(({ status }) => status === 200)).toBe(true);
    }
    const extra = endpoints.flatMap(({ asked }) => asked).length - requests;
    expect(extra).toBeLessThanOrEqual(0.2 * requests + 3);
    expect(extra).toBeGreaterThan(10);
  });

  test('at most `maxConcurrent` hedges are under way', async () => {
    const hedged = await start(late(30, second));
    const { url } = await hedging({
      endpoints: [(await start(late(60, first))).url, hedged.url],
      hedge: { delayMs: 5, budgetRatio: 10, maxConcurrent: 2 },
    });
    await Promise.all(Array.from({ length: 20 }, () => request(url)));
    expect(hedged.most()).toBe(2);
  });
});

function hashOf(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex');
}
