import http, { type RequestListener } from 'node:http';
import type { BalancingProxyOptions } from '../../src/index.ts';
import { leakCheckedResources } from '../helpers/leaks.ts';
import { request, type ServedProxy } from '../helpers/proxy.ts';
import { answering, refusedUrl } from '../helpers/servers.ts';
import { atLeast, until } from '../helpers/until.ts';
import { connectRaw, serveUpgrades, switching } from '../helpers/upgrades.ts';

const resources = leakCheckedResources();

/** Asked again and again for longer than any test takes. */
const retry = { forMs: 60_000, everyMs: 10 };

const attemptsOf = ({ events }: Pick<ServedProxy, 'events'>) =>
  events.flatMap((event) => (event.type === 'attempt-started' ? [event.endpoint] : []));

const endOf = async ({ events }: Pick<ServedProxy, 'events'>) => {
  const end = () => events.find((event) => event.type === 'request-ended');
  await until(() => end() !== undefined);
  return end();
};

/** A proxy whose only request waits for an endpoint that refuses connections. */
async function serveWaiting(options: Partial<BalancingProxyOptions> = {}, more: readonly string[] = []) {
  const endpoint = await resources.startSaying('back');
  await endpoint.close();
  const endpoints = [endpoint.url, ...more].map((url, index) => ({ url, name: `endpoint ${index}` }));
  const served = await resources.serve({ endpoints, retry, ...options });
  const client = new AbortController();
  const answer = request(served.url, { method: 'POST', body: 'once', signal: client.signal });
  answer.catch(() => {});
  await until(() => attemptsOf(served).length, atLeast(3));
  const comeBack = () => resources.start(answering(200, 'back'), { port: endpoint.port });
  return { ...served, answer, client, comeBack };
}

describe('a request that waits for the next round', () => {
  test('asks nobody any more when its client leaves', async () => {
    const served = await serveWaiting();
    served.client.abort();
    expect(await endOf(served)).toMatchObject({ error: { code: 'ERR_BRP_CLIENT_GONE' } });
    const endpoint = await served.comeBack();
    await request(served.url);
    expect(endpoint.asked()).toBe(1);
  });

  test('is waited for by close(), while others are refused', async () => {
    const { proxy, url, answer, comeBack } = await serveWaiting();
    const closed = proxy.close();
    expect(await request(url)).toMatchObject({ status: 503 });
    await comeBack();
    expect(await answer).toMatchObject({ status: 200, text: 'back' });
    await closed;
  });

  test('ends when all endpoints are drained', async () => {
    const { proxy, answer } = await serveWaiting();
    proxy.drain('endpoint 0');
    expect(await answer).toMatchObject({ status: 502 });
  });

  test('leaves an endpoint out that is drained meanwhile', async () => {
    const { proxy, answer, events, comeBack } = await serveWaiting({ strategy: 'failover' }, [await refusedUrl()]);
    proxy.drain('endpoint 1');
    const before = attemptsOf({ events }).length;
    await until(() => attemptsOf({ events }).length, atLeast(before + 3));
    expect(new Set(attemptsOf({ events }).slice(before + 1))).toEqual(new Set(['endpoint 0']));
    await comeBack();
    expect((await answer).text).toBe('back');
  });

  test('asks one that is restored meanwhile', async () => {
    const drained = await resources.startSaying('restored');
    const endpoints = [{ url: await refusedUrl() }, { url: drained.url, name: 'drained' }];
    const { proxy, url, events } = await resources.serve({ endpoints, retry });
    proxy.drain('drained');
    const answer = request(url);
    await until(() => attemptsOf({ events }).length, atLeast(3));
    proxy.restore('drained');
    expect((await answer).text).toBe('restored');
  });

  test('asks the endpoints that a function gave at first', async () => {
    const other = await resources.startSaying('other');
    const refused = await refusedUrl();
    let calls = 0;
    const endpoints = () => (++calls === 1 ? [refused] : [other.url]);
    const served = await resources.serve({ endpoints, retry: { forMs: 200, everyMs: 10 } });
    expect(await request(served.url)).toMatchObject({ status: 502 });
    expect([calls, other.asked()]).toEqual([1, 0]);
    expect((await request(served.url)).text).toBe('other');
  });
});

/** What an endpoint does with its first request; the others are answered well. */
async function startUnwell(first: RequestListener) {
  const endpoint = await resources.start((req, res) =>
    req.resume().once('end', () => (endpoint.asked() === 1 ? first : answering(200, 'well'))(req, res)),
  );
  return endpoint;
}

const vanish: RequestListener = (_, res) => void res.destroy();
const key = { 'Idempotency-Key': '7' };

describe('of an endpoint that is asked again', () => {
  test.each<[string, string, http.OutgoingHttpHeaders, RequestListener]>([
    ['a GET after 502', 'GET', {}, answering(502, 'no')],
    ['a GET after 503', 'GET', {}, answering(503, 'no')],
    ['a PUT after 504', 'PUT', {}, answering(504, 'no')],
    ['a HEAD whose connection was lost', 'HEAD', {}, vanish],
    ['a DELETE whose connection was lost', 'DELETE', {}, vanish],
    ['a POST with an Idempotency-Key after 503', 'POST', key, answering(503, 'no')],
    ['a POST with an Idempotency-Key whose connection was lost', 'POST', key, vanish],
  ])('%s gets the second answer', async (_, method, headers, first) => {
    const endpoint = await startUnwell(first);
    const { url } = await resources.serve({ endpoints: [endpoint.url], retry });
    expect(await request(url, { method, headers })).toMatchObject({ status: 200 });
    expect(endpoint.asked()).toBe(2);
  });

  test.each<[string, number, Partial<BalancingProxyOptions>, string, RequestListener]>([
    ['a GET after 500', 500, {}, 'GET', answering(500, 'no')],
    ['a GET after 429', 429, { terminalStatuses: '!429' }, 'GET', answering(429, 'no')],
    [
      'a GET after 404 that is not usable',
      404,
      { isUsable: ({ status }) => status < 400 },
      'GET',
      answering(404, 'no'),
    ],
    ['a GET of the strategy single after 503', 503, { strategy: 'single' }, 'GET', answering(503, 'no')],
    ['a POST after 503', 503, {}, 'POST', answering(503, 'no')],
    ['a POST whose connection was lost', 502, {}, 'POST', vanish],
    ['a POST of unsafeMethods single whose connection was lost', 502, { unsafeMethods: 'single' }, 'POST', vanish],
    ['a GET without an answer in time', 504, { timeouts: { responseMs: 1_000 } }, 'GET', () => {}],
  ])('%s gets the first answer', async (_, status, options, method, first) => {
    const endpoint = await startUnwell(first);
    const { url } = await resources.serve({ endpoints: [endpoint.url], retry, ...options });
    expect(await request(url, { method })).toMatchObject({ status });
    expect(endpoint.asked()).toBe(1);
  });

  test.each<[string, Partial<BalancingProxyOptions>]>([
    [
      'rewriteRequest',
      {
        rewriteRequest: () => {
          throw new Error('a bug');
        },
      },
    ],
    [
      'isUsable',
      {
        isUsable: () => {
          throw new Error('a bug');
        },
      },
    ],
  ])('a request whose %s throws is not sent again', async (_, options) => {
    const endpoint = await resources.startSaying('well');
    const served = await resources.serve({ endpoints: [endpoint.url], retry, ...options });
    await request(served.url);
    expect(attemptsOf(served)).toHaveLength(1);
  });

  test('a streamed upload is not sent again', async () => {
    const stream = { largeBody: 'stream', bodyLimitBytes: 10 } as const;
    const served = await resources.serve({ endpoints: [await refusedUrl()], retry, ...stream });
    expect(await request(served.url, { method: 'PUT', body: Buffer.alloc(100) })).toMatchObject({ status: 502 });
    expect(attemptsOf(served)).toHaveLength(1);
  });

  test('a request is not sent again when another one has answered 500', async () => {
    const bad = await resources.start(answering(500, 'bad'));
    const served = await resources.serve({ endpoints: [await refusedUrl(), bad.url], retry });
    expect(await request(served.url)).toMatchObject({ status: 500, text: 'bad' });
    expect(bad.asked()).toBe(1);
  });
});

test('a WebSocket waits for its endpoint, too', async () => {
  const place = await resources.startSaying('before');
  await place.close();
  const served = resources.use(await serveUpgrades({ endpoints: [place.url], retry }));
  const client = connectRaw(served.url);
  await until(() => attemptsOf(served).length, atLeast(3));
  const back = http.createServer().on('upgrade', (_, socket) => void socket.on('error', () => {}).write(switching));
  await resources.listen(back, { port: place.port });
  await client.until('101');
  client.socket.destroy();
});

test('each round asks at most maxAttempts endpoints', async () => {
  const endpoints = [await refusedUrl(), await refusedUrl(), await refusedUrl()];
  const options = { strategy: 'failover', maxAttempts: 2, ejection: false } as const;
  const served = await resources.serve({ endpoints, retry: { forMs: 100, everyMs: 40 }, ...options });
  await request(served.url);
  expect(new Set(attemptsOf(served))).toEqual(new Set(endpoints.slice(0, 2)));
  expect(attemptsOf(served).slice(0, 4)).toEqual([...endpoints.slice(0, 2), ...endpoints.slice(0, 2)]);
});
