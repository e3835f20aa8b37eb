import http, { type RequestListener } from 'node:http';
import { Registry } from 'prom-client';
import { createMetrics, type Metrics } from '../../../src/observers/metrics/metrics.ts';
import { Resources, request, type ServedProxy, serveProxy } from '../../helpers/proxy.ts';
import { answering, hanging, refusedUrl, startHttp } from '../../helpers/servers.ts';
import { until } from '../../helpers/until.ts';
import { connectRaw, serveUpgrades, startSwitching } from '../../helpers/upgrades.ts';
import { labelsOf, seriesIn, sumOf } from './series.ts';

const resources = new Resources();
afterEach(() => resources.closeAll());

/** A proxy whose metrics are in a registry of their own. */
interface MeasuredProxy extends ServedProxy {
  readonly metrics: Metrics;
  /** Resolves when so many requests have ended with all their attempts. */
  ended(count: number): Promise<void>;
  sum(metric: string, labels?: Readonly<Record<string, string>>): Promise<number>;
}

function measured<Served extends ServedProxy>(served: Served): Served & MeasuredProxy {
  const metrics = createMetrics({ registry: new Registry() });
  metrics.observe(served.proxy);
  return Object.assign(resources.use(served), {
    metrics,
    ended: (count: number) =>
      until(() => served.events.filter(({ type }) => type === 'request-ended').length === count),
    sum: (metric: string, labels = {}) => sumOf(metrics.registry, metric, labels),
  });
}

const measure = async (...served: Parameters<typeof serveProxy>) => measured(await serveProxy(...served));

/** Starts endpoints named `one`, `two` and so on. */
async function start(...listeners: readonly RequestListener[]) {
  const names = ['one', 'two', 'three', 'four'];
  return Promise.all(
    listeners.map(async (listener, index) => {
      const { url } = resources.use(await startHttp(listener));
      return { url, name: names[index] ?? '' };
    }),
  );
}

const good = answering(200, 'good');
const bad = answering(500, 'bad');
const delayed =
  (ms: number, listener: RequestListener): RequestListener =>
  (req, res) =>
    void setTimeout(() => listener(req, res), ms);
/** A body that is streamed, and breaks off. */
const cut: RequestListener = (_, res) => {
  res.writeHead(200, { 'Content-Length': 200_000 }).write('x'.repeat(1_000), () => res.socket?.resetAndDestroy());
};
/** A client that goes away when the request has reached an endpoint. */
function leave({ url, proxy }: ServedProxy, hasArrived: () => boolean): Promise<void> {
  const client = http.get(url, { agent: false }).on('error', () => {});
  return until(() => hasArrived() && proxy.endpoints.some(({ inFlight }) => inFlight > 0)).then(() => {
    client.destroy();
  });
}

describe('requests', () => {
  test.each<[string, RequestListener, Readonly<Record<string, string>>]>([
    ['served', good, { outcome: 'served', status: '2xx' }],
    ['served, whatever the terminal status', answering(404, 'none'), { outcome: 'served', status: '4xx' }],
    ['unusable, when the client got a discarded response', bad, { outcome: 'unusable', status: '5xx' }],
    ['broken off', cut, { outcome: 'broken-off', status: '2xx' }],
    ['an error', (_, res) => res.destroy(), { outcome: 'error', status: '5xx' }],
  ])('count as %s', async (_, listener, labels) => {
    const proxy = await measure({ endpoints: await start(listener) });
    await request(proxy.url).catch(() => {});
    await proxy.ended(1);
    expect(await proxy.sum('requests_total', { ...labels, strategy: 'race' })).toBe(1);
    expect(await proxy.sum('requests_total')).toBe(1);
    expect(await proxy.sum('request_duration_seconds_count', { outcome: labels.outcome ?? '' })).toBe(1);
  });

  test('that are answered without any endpoint count as served', async () => {
    const proxy = await measure({ endpoints: await start(good) });
    await request(proxy.url, { method: 'OPTIONS', headers: { 'Max-Forwards': '0' } });
    await proxy.ended(1);
    expect(await proxy.sum('requests_total', { outcome: 'served', status: '2xx', strategy: 'none' })).toBe(1);
  });

  test('whose client goes away before the head count as such, without a status', async () => {
    let asked = 0;
    const proxy = await measure({ endpoints: await start(() => void asked++) });
    await leave(proxy, () => asked === 1);
    await proxy.ended(1);
    expect(await proxy.sum('requests_total', { outcome: 'client-gone', status: 'none' })).toBe(1);
    expect(await proxy.sum('request_errors_total', { code: 'ERR_BRP_CLIENT_GONE' })).toBe(1);
  });

  test('whose client reads nothing for too long count as if it had gone', async () => {
    const endpoints = await start((_, res) => {
      const write = (): void => {
        while (res.write('x'.repeat(65_536)));
      };
      res.on('drain', write);
      write();
    });
    const proxy = await measure({ endpoints, timeouts: { clientMs: 50 } });
    const client = http.get(proxy.url, { agent: false }, (res) => void res.on('error', () => {})).on('error', () => {});
    await proxy.ended(1);
    client.destroy();
    expect(await proxy.sum('requests_total', { outcome: 'client-gone', status: '2xx' })).toBe(1);
    expect(await proxy.sum('request_errors_total', { code: 'ERR_BRP_CLIENT_TIMEOUT' })).toBe(1);
  });

  test('whose client goes away within the body count as such, with the status that it got', async () => {
    const endpoints = await start((_, res) => void res.writeHead(200).write('x'));
    const proxy = await measure({ endpoints });
    const client = http.get(proxy.url, { agent: false }, (res) => void res.once('data', () => client.destroy()));
    client.on('error', () => {});
    await proxy.ended(1);
    expect(await proxy.sum('requests_total', { outcome: 'client-gone', status: '2xx' })).toBe(1);
  });

  test('that the app answers itself count as such, with the status that it gave', async () => {
    const proxy = await measure({ endpoints: await start(hanging) }, (balancing) => (req, res) => {
      balancing(req, res);
      res.statusCode = 503;
      res.end();
    });
    await request(proxy.url);
    await proxy.ended(1);
    expect(await proxy.sum('requests_total', { outcome: 'ended-by-app', status: '5xx' })).toBe(1);
  });

  test("that an error handler answers have the error's own status and code", async () => {
    const endpoints = [{ url: await refusedUrl(), name: 'one' }];
    const proxy = measured(
      await serveProxy({ endpoints }, (middleware) => (req, res) => {
        middleware(req, res, () => void res.writeHead(418).end());
      }),
    );
    expect((await request(proxy.url)).status).toBe(418);
    await proxy.ended(1);
    expect(await proxy.sum('requests_total', { outcome: 'error', status: '5xx' })).toBe(1);
    expect(await proxy.sum('request_errors_total', { code: 'ERR_BRP_EXHAUSTED' })).toBe(1);
  });

  test('that end before it is known how endpoints are asked have the strategy none', async () => {
    const proxy = await measure({ endpoints: await start(good), bodyLimitBytes: 1 });
    await request(proxy.url, { method: 'POST', body: 'too long' });
    await proxy.ended(1);
    expect(await proxy.sum('requests_total', { strategy: 'none', outcome: 'error', status: '4xx' })).toBe(1);
  });

  test('count as streamed when their body is too large to be sent twice', async () => {
    const proxy = await measure({ endpoints: await start(good), bodyLimitBytes: 1, largeBody: 'stream' });
    for (const body of ['long', '1']) await request(proxy.url, { method: 'POST', body });
    await proxy.ended(2);
    expect(await proxy.sum('streamed_requests_total')).toBe(1);
  });

  test('add up the bytes of their responses', async () => {
    const proxy = await measure({ endpoints: await start(good) });
    for (let i = 0; i < 3; i++) await request(proxy.url);
    await proxy.ended(3);
    expect(await proxy.sum('response_bytes_total')).toBe(3 * 'good'.length);
  });

  test('take as long as their response, and until its head', async () => {
    const endpoints = await start(
      delayed(50, (_, res) => {
        res.writeHead(200).flushHeaders();
        setTimeout(() => res.end(), 50);
      }),
    );
    const proxy = await measure({ endpoints });
    await request(proxy.url);
    await proxy.ended(1);
    const head = await proxy.sum('request_head_seconds_sum');
    const whole = await proxy.sum('request_duration_seconds_sum', { outcome: 'served' });
    // Timers may be a millisecond early.
    expect(head).toBeGreaterThan(0.045);
    expect(whole).toBeGreaterThan(head + 0.045);
    expect(whole).toBeLessThan(30);
    expect(await proxy.sum('request_head_seconds_count')).toBe(1);
  });

  test('that switch protocols are counted, but not timed', async () => {
    const { url } = resources.use(await startSwitching((socket) => void socket.end()));
    const proxy = measured(await serveUpgrades({ endpoints: [url] }));
    const client = connectRaw(proxy.url);
    await client.closed();
    await proxy.ended(1);
    expect(await proxy.sum('requests_total', { outcome: 'served', status: '1xx' })).toBe(1);
    expect(await proxy.sum('request_duration_seconds_count')).toBe(0);
    expect(await proxy.sum('request_head_seconds_count')).toBe(1);
  });

  test('never lend their method, path or error message to a label', async () => {
    const proxy = await measure({ endpoints: await start(bad, (_, res) => res.destroy()) });
    await request(`${proxy.url}/marker-in-the-path`, { method: 'M-SEARCH' });
    await proxy.ended(1);
    const labels = (await seriesIn(proxy.metrics.registry)).flatMap((series) => Object.values(series.labels));
    expect(labels.filter((value) => /marker|SEARCH|\bbroke|\bendpoint\b/i.test(String(value)))).toEqual([]);
  });
});

describe('attempts', () => {
  test('of a race count by endpoint, by how they ended and by why they started', async () => {
    const endpoints = await start(delayed(20, good), bad, hanging, (_, res) => res.destroy());
    const proxy = await measure({ endpoints, loserGraceMs: 300 });
    await request(proxy.url);
    await proxy.ended(1);
    for (const labels of [
      { endpoint: 'one', outcome: 'won', reason: 'first' },
      { endpoint: 'two', outcome: 'unusable', reason: 'delay' },
      { endpoint: 'three', outcome: 'cancelled', reason: 'delay' },
      { endpoint: 'four', outcome: 'failed', reason: 'delay' },
    ]) {
      expect([labels, await proxy.sum('attempts_total', labels)]).toEqual([labels, 1]);
    }
    expect(await proxy.sum('attempts_total')).toBe(4);
    expect(await proxy.sum('attempt_errors_total')).toBe(1);
    expect(await proxy.sum('attempt_errors_total', { endpoint: 'four', code: 'ERR_BRP_CONNECTION_LOST' })).toBe(1);
  });

  test('that time out, or come too late to win, count as such', async () => {
    const endpoints = await start(hanging, good, delayed(20, good));
    const proxy = await measure({ endpoints, loserGraceMs: Infinity, timeouts: { responseMs: 500 } });
    await request(proxy.url);
    await proxy.ended(1);
    expect(await proxy.sum('attempts_total', { endpoint: 'one', outcome: 'timed-out' })).toBe(1);
    expect(await proxy.sum('attempt_errors_total', { endpoint: 'one', code: 'ERR_BRP_RESPONSE_TIMEOUT' })).toBe(1);
    expect(await proxy.sum('attempts_total', { endpoint: 'three', outcome: 'lost' })).toBe(1);
  });

  test('that follow a failure count as such', async () => {
    const proxy = await measure({ endpoints: await start(bad, good), strategy: 'failover' });
    await request(proxy.url);
    await proxy.ended(1);
    expect(await proxy.sum('attempts_total', { endpoint: 'two', outcome: 'won', reason: 'failure' })).toBe(1);
  });

  test('that win count for their endpoint, and no others', async () => {
    const proxy = await measure({ endpoints: await start(delayed(20, good), bad) });
    for (let i = 0; i < 2; i++) await request(proxy.url);
    await proxy.ended(2);
    expect(await proxy.sum('wins_total', { endpoint: 'one' })).toBe(2);
    expect(await proxy.sum('wins_total')).toBe(2);
  });

  test('are timed when their response is usable, won or lost', async () => {
    const endpoints = await start(good, delayed(20, good), bad, hanging);
    const proxy = await measure({ endpoints, loserGraceMs: 500 });
    await request(proxy.url);
    await proxy.ended(1);
    const timed = await labelsOf(proxy.metrics.registry, 'attempt_duration_seconds_count', 'endpoint');
    expect(timed).toEqual(['one', 'two']);
    const slow = await proxy.sum('attempt_duration_seconds_sum', { endpoint: 'two' });
    expect(slow).toBeGreaterThan(0.015);
    expect(slow).toBeLessThan(10);
  });
});

describe('hedges', () => {
  const hedge = { delayMs: 10, budgetRatio: 0, budgetFloor: 2 };

  test('count as started and won, however many there are, and as denied without budget', async () => {
    const endpoints = await start(hanging, good);
    const proxy = await measure({ endpoints, strategy: 'hedge', order: 'given', hedge, timeouts: { responseMs: 500 } });
    for (let i = 0; i < 3; i++) await request(proxy.url);
    await proxy.ended(3);
    // The third one starts when the first endpoint has timed out, and that is no hedge.
    expect(await proxy.sum('attempts_total', { reason: 'failure', outcome: 'won' })).toBe(1);
    expect(await proxy.sum('hedges_started_total')).toBe(2);
    expect(await proxy.sum('hedges_won_total')).toBe(2);
    expect(await proxy.sum('hedges_denied_total')).toBe(1);
  });

  test('that lose do not count as won', async () => {
    const endpoints = await start(delayed(100, good), hanging);
    const proxy = await measure({ endpoints, strategy: 'hedge', order: 'given', hedge });
    await request(proxy.url);
    await proxy.ended(1);
    expect(await proxy.sum('hedges_started_total')).toBe(1);
    expect(await proxy.sum('hedges_won_total')).toBe(0);
  });

  test('are none in a race, though a delay of nothing starts its attempts', async () => {
    const proxy = await measure({ endpoints: await start(hanging, good) });
    await request(proxy.url);
    await proxy.ended(1);
    expect(await proxy.sum('attempts_total', { reason: 'delay', outcome: 'won' })).toBe(1);
    expect(await proxy.sum('hedges_started_total')).toBe(0);
  });
});

describe('waste', () => {
  test('is every attempt of which the client got nothing, with what was read of it and the time it took', async () => {
    const endpoints = await start(good, delayed(20, answering(200, 'too late')), bad);
    const proxy = await measure({ endpoints, loserGraceMs: Infinity });
    await request(proxy.url);
    await proxy.ended(1);
    const wasted = async (endpoint: string) => [
      await proxy.sum('wasted_attempts_total', { endpoint }),
      await proxy.sum('wasted_bytes_total', { endpoint }),
    ];
    expect(await wasted('one')).toEqual([0, 0]);
    expect(await wasted('two')).toEqual([1, 'too late'.length]);
    expect(await wasted('three')).toEqual([1, 'bad'.length]);
    expect(await proxy.sum('wasted_seconds_total', { endpoint: 'one' })).toBe(0);
    expect(await proxy.sum('wasted_seconds_total', { endpoint: 'two' })).toBeGreaterThan(0.015);
    expect(await proxy.sum('wasted_seconds_total', { endpoint: 'two' })).toBeLessThan(10);
  });

  test('is not the response that the client got for lack of a better one', async () => {
    const proxy = await measure({ endpoints: await start(bad, delayed(20, bad)) });
    await request(proxy.url);
    await proxy.ended(1);
    expect(await proxy.sum('wasted_attempts_total', { endpoint: 'one' })).toBe(0);
    expect(await proxy.sum('wasted_attempts_total', { endpoint: 'two' })).toBe(1);
    expect(await proxy.sum('wasted_bytes_total')).toBe('bad'.length);
  });

  test('is everything when the client has gone away before the head', async () => {
    let asked = 0;
    const count: RequestListener = () => void asked++;
    const proxy = await measure({ endpoints: await start(count, count) });
    await leave(proxy, () => asked === 2);
    await proxy.ended(1);
    expect(await proxy.sum('wasted_attempts_total')).toBe(2);
  });
});

describe('gauges', () => {
  test('show requests and attempts for as long as they are under way', async () => {
    const answers: Array<() => void> = [];
    const endpoints = await start((_, res) => void answers.push(() => res.end('at last')));
    const proxy = await measure({ endpoints });
    const inFlight = async () => [
      await proxy.sum('requests_in_flight'),
      await proxy.sum('endpoint_in_flight', { endpoint: 'one' }),
    ];
    expect(await inFlight()).toEqual([0, 0]);
    const responses = [request(proxy.url), request(proxy.url)];
    await until(() => answers.length === 2);
    expect(await inFlight()).toEqual([2, 2]);
    for (const answer of answers) answer();
    await Promise.all(responses);
    await proxy.ended(2);
    expect(await inFlight()).toEqual([0, 0]);
  });

  test('show which endpoints are left out, and how often that was', async () => {
    const [one] = await start(good);
    const endpoints = [{ url: await refusedUrl(), name: 'two' }, one ?? ''];
    const ejection = { consecutiveFailures: 1, baseMs: 60_000 };
    const proxy = await measure({ endpoints, strategy: 'failover', ejection });
    const states = async (endpoint: string) => {
      const series = await seriesIn(proxy.metrics.registry);
      return series.flatMap(({ name, labels, value }) =>
        name === 'endpoint_state' && labels.endpoint === endpoint && value === 1 ? [labels.state] : [],
      );
    };
    expect(await states('two')).toEqual(['available']);
    await request(proxy.url);
    await proxy.ended(1);
    expect(await states('two')).toEqual(['ejected']);
    expect(await states('one')).toEqual(['available']);
    proxy.proxy.drain('one');
    expect(await states('one')).toEqual(['drained']);
    expect(await labelsOf(proxy.metrics.registry, 'endpoint_state', 'state')).toEqual([
      'available',
      'cooling',
      'ejected',
      'trial',
      'drained',
    ]);
    expect(await proxy.sum('ejections_total', { endpoint: 'one' })).toBe(0);
    expect(await proxy.sum('ejections_total', { endpoint: 'two' })).toBe(1);
  });
});

describe('endpoints', () => {
  test('have counters of 0 from their first attempt on, so that no increase is hidden', async () => {
    const proxy = await measure({ endpoints: await start(good) });
    await request(proxy.url);
    await proxy.ended(1);
    const series = await seriesIn(proxy.metrics.registry);
    const zeros = series.filter(({ labels, value }) => labels.endpoint === 'one' && value === 0);
    expect(zeros.map(({ name }) => name)).toEqual(
      expect.arrayContaining([
        'ejections_total',
        'wasted_attempts_total',
        'wasted_bytes_total',
        'wasted_seconds_total',
      ]),
    );
  });

  test('beyond the first 256 share their series', async () => {
    const { url } = resources.use(await startHttp(good));
    let count = 0;
    const proxy = await measure({ endpoints: () => [{ url, name: `endpoint ${count++}` }] });
    const agent = new http.Agent({ keepAlive: true });
    resources.use({ close: () => agent.destroy() });
    for (let i = 0; i < 300; i++) await request(proxy.url, { agent });
    await proxy.ended(300);
    expect(await labelsOf(proxy.metrics.registry, 'attempts_total', 'endpoint')).toHaveLength(257);
    expect(await proxy.sum('attempts_total', { endpoint: 'other' })).toBe(44);
    expect(await proxy.sum('wins_total')).toBe(300);
    expect(await labelsOf(proxy.metrics.registry, 'endpoint_state', 'endpoint')).toContain('other');
  });

  test('may have any name', async () => {
    const name = 'a "quoted" \\name\\n of é, {with} a comma=';
    const { url } = resources.use(await startHttp(good));
    const proxy = await measure({ endpoints: [{ url, name }] });
    await request(proxy.url);
    await proxy.ended(1);
    expect(await proxy.sum('wins_total', { endpoint: name })).toBe(1);
    const escaped = name.replaceAll('\\', '\\\\').replaceAll('"', '\\"');
    expect(await proxy.metrics.registry.metrics()).toContain(`balancing_proxy_wins_total{endpoint="${escaped}"} 1\n`);
  });
});
