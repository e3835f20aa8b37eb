import http, { type RequestListener } from 'node:http';
import { late } from '../../helpers/late.ts';
import { request } from '../../helpers/proxy.ts';
import { answering, hanging, refusedUrl } from '../../helpers/servers.ts';
import { until } from '../../helpers/until.ts';
import { bad, good, leave, measure, resources, start } from './measured-proxy.ts';
import { labelsOf, seriesIn } from './series.ts';

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
    const endpoints = await start(late(100, good), hanging);
    const proxy = await measure({ endpoints, strategy: 'hedge', order: 'given', hedge });
    await request(proxy.url);
    await proxy.ended(1);
    expect(await proxy.sum('hedges_started_total')).toBe(1);
    expect(await proxy.sum('hedges_won_total')).toBe(0);
  });

  test('are none in a race, whose attempts all start at once', async () => {
    const proxy = await measure({ endpoints: await start(hanging, good) });
    await request(proxy.url);
    await proxy.ended(1);
    expect(await proxy.sum('attempts_total', { reason: 'race', outcome: 'won' })).toBe(1);
    expect(await proxy.sum('hedges_started_total')).toBe(0);
  });
});

describe('waste', () => {
  test('is every attempt of which the client got nothing, with what was read of it and the time it took', async () => {
    const endpoints = await start(good, late(20, answering(200, 'too late')), bad);
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
    const proxy = await measure({ endpoints: await start(bad, late(20, bad)) });
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
    await until(() => answers.length, 2);
    expect(await inFlight()).toEqual([2, 2]);
    for (const answer of answers) answer();
    await Promise.all(responses);
    await proxy.ended(2);
    expect(await inFlight()).toEqual([0, 0]);
  });

  test('show the tier that each endpoint was given last', async () => {
    const [one = { url: '' }] = await start(good);
    let tier = 0;
    const proxy = await measure({ endpoints: () => [{ ...one, tier: tier++ }] });
    for (const last of [0, 1, 2]) {
      await request(proxy.url);
      expect(await proxy.sum('endpoint_tier', { endpoint: 'one' })).toBe(last);
    }
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
      'trial',
      'ejected',
      'drained',
    ]);
    expect(await proxy.sum('ejections_total', { endpoint: 'one' })).toBe(0);
    expect(await proxy.sum('ejections_total', { endpoint: 'two', cause: 'unreachable' })).toBe(1);
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
    const { url } = await resources.start(good);
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
    const { url } = await resources.start(good);
    const proxy = await measure({ endpoints: [{ url, name }] });
    await request(proxy.url);
    await proxy.ended(1);
    expect(await proxy.sum('wins_total', { endpoint: name })).toBe(1);
    const escaped = name.replaceAll('\\', '\\\\').replaceAll('"', '\\"');
    expect(await proxy.metrics.registry.metrics()).toContain(`balancing_proxy_wins_total{endpoint="${escaped}"} 1\n`);
  });
});
