import { getEventListeners } from 'node:events';
import http from 'node:http';
import { createRandom } from '../../shared/random.ts';
import { gotTransport, type ProxyEvent, type Strategy, type Transport } from '../../src/index.ts';
import { late, later } from '../helpers/late.ts';
import { activeResources, surplusOver } from '../helpers/leaks.ts';
import { serveProxy } from '../helpers/proxy.ts';
import { answering, hanging, startHttp } from '../helpers/servers.ts';
import { rounds } from '../helpers/thorough.ts';

const requestCount = rounds(2_000, 400);
const atOnce = 50;
const names: readonly Strategy[] = ['race', 'hedge', 'failover', 'single'];

const large = 'x'.repeat(70_000);

/** How an endpoint may answer; good ones are the more frequent. */
const answers: readonly http.RequestListener[] = [
  answering(200, '{"data":1}'),
  late(10, (_, res) => void res.end('{"data":2}')),
  (_, res) => void res.write(large, () => res.end(large)),
  answering(200, large),
  answering(200, '{"error":"inside"}'),
  answering(404, 'none'),
  answering(500, 'bad'),
  answering(503, large, { 'Retry-After': '0' }),
  hanging,
  (_, res) => void res.destroy(),
  (_, res) => void res.writeHead(200, { 'Content-Length': 9 }).write('half', () => res.destroy()),
  (_, res) => void res.write(large, () => res.destroy()),
];

/** Answers each request at random, but the same in every run. */
const flaky =
  (endpoint: number): http.RequestListener =>
  (req, res) => {
    const random = createRandom(Number(req.headers['x-index']) * 10 + endpoint);
    req.resume();
    answers[Math.floor(random() * answers.length)]?.(req, res);
  };

/** Sends one request and, at random, breaks off before the head, at the head or within the body. */
function askAndMaybeLeave(url: string, index: number): Promise<void> {
  const random = createRandom(index);
  const method = random() < 0.3 ? 'POST' : 'GET';
  const leaving = random();
  return new Promise((resolve) => {
    const headers = { 'X-Index': index };
    const client = http.request(`${url}/${names[index % names.length]}`, { agent: false, method, headers });
    client.on('error', () => {}).on('close', resolve);
    client.on('response', (res) => {
      res.on('error', () => {}).resume();
      if (leaving < 0.1) client.destroy();
      else if (leaving < 0.2) res.once('data', () => client.destroy());
    });
    if (leaving > 0.8) later(random() * 20, () => client.destroy());
    client.end(method === 'POST' ? 'some text' : undefined);
  });
}

/** The default transport, with every signal that it was given. */
function transportWithSignals() {
  const transport = gotTransport();
  const signals: AbortSignal[] = [];
  const send: Transport['send'] = (request, signal) => {
    signals.push(signal);
    return transport.send(request, signal);
  };
  return { transport: { send, close: () => transport.close() }, signals };
}

/** What surfaces in the process rather than anywhere else. */
function watchProcess() {
  const found: unknown[] = [];
  const onFound = (thrown: unknown): void => void found.push(thrown);
  process.on('unhandledRejection', onFound).on('warning', onFound);
  return { found, stop: () => void process.off('unhandledRejection', onFound).off('warning', onFound) };
}

const listenersOf = (res: http.ServerResponse) => res.eventNames().map((name) => [name, res.listenerCount(name)]);

describe(`${requestCount} requests over all strategies, with faults and clients that go away`, () => {
  test('leave no socket, timer, listener or attempt behind, and every event has its end', async () => {
    const before = activeResources();
    const watched = watchProcess();
    const { transport, signals } = transportWithSignals();
    const responses: Array<{ readonly res: http.ServerResponse; readonly listeners: unknown }> = [];
    const endpoints = await Promise.all([0, 1, 2, 3].map((endpoint) => startHttp(flaky(endpoint))));
    const served = await serveProxy(
      {
        endpoints: endpoints.map(({ url }) => url),
        strategy: ({ url }) => names.find((name) => url === `/${name}`) ?? 'race',
        hedge: { delayMs: 5 },
        isUsable: async (response) => !String(await response.body()).startsWith('{"error"'),
        inspectLimitBytes: 1_000,
        preferStatuses: '200',
        preferGraceMs: 10,
        timeouts: { responseMs: 60 },
        transport,
      },
      (proxy) => (req, res) => {
        responses.push({ res, listeners: listenersOf(res) });
        proxy(req, res);
      },
    );

    for (let done = 0; done < requestCount; done += atOnce) {
      await Promise.all(Array.from({ length: atOnce }, (_, i) => askAndMaybeLeave(served.url, done + i)));
    }
    await served.proxy.close();
    await Promise.all(endpoints.map((endpoint) => endpoint.idle()));

    const { proxy, events } = served;
    const count = (type: ProxyEvent['type']) => events.filter((event) => event.type === type).length;
    const states = proxy.endpoints;
    const accounted = states.reduce(
      (sum, { successes, failures, cancelled }) => sum + successes + failures + cancelled,
      0,
    );
    expect(states.map(({ inFlight }) => inFlight)).toEqual([0, 0, 0, 0]);
    // A client that breaks off at once may be gone before its request is there.
    expect(count('request-started')).toBeGreaterThan(requestCount * 0.7);
    expect(count('request-ended')).toBe(count('request-started'));
    expect(count('attempt-ended')).toBe(count('attempt-started'));
    expect(accounted).toBe(count('attempt-ended'));
    expect(count('hedge-denied')).toBe(proxy.hedgesDenied);

    expect(signals.reduce((sum, signal) => sum + getEventListeners(signal, 'abort').length, 0)).toBe(0);
    for (const { res, listeners } of responses) expect(listenersOf(res)).toEqual(listeners);
    await Promise.all([served, ...endpoints].map((each) => each.close()));
    expect(await surplusOver(before)).toEqual({});
    watched.stop();
    expect(watched.found).toEqual([]);
  }, 60_000);
});
