import http, { type RequestListener } from 'node:http';
import { late, later } from '../../helpers/late.ts';
import { request, serveProxy } from '../../helpers/proxy.ts';
import { answering, hanging, refusedUrl } from '../../helpers/servers.ts';
import { connectRaw, serveUpgrades, startSwitching } from '../../helpers/upgrades.ts';
import { bad, good, leave, measure, measured, resources, start } from './measured-proxy.ts';
import { labelsOf, seriesIn } from './series.ts';

/** A body that is streamed, and breaks off. */
const cut: RequestListener = (_, res) => {
  res.writeHead(200, { 'Content-Length': 200_000 }).write('x'.repeat(1_000), () => res.socket?.resetAndDestroy());
};

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

  test('that others answer are passed on, with no status and no error', async () => {
    const endpoints = [{ url: await refusedUrl(), name: 'one' }];
    const proxy = measured(
      await serveProxy({ endpoints, fallthrough: true }, (middleware) => (req, res) => {
        middleware(req, res, () => void res.end('page'));
      }),
    );
    expect((await request(proxy.url)).text).toBe('page');
    await proxy.ended(1);
    expect(await proxy.sum('requests_total', { outcome: 'passed-on', status: 'none' })).toBe(1);
    expect(await proxy.sum('request_errors_total')).toBe(0);
    expect(await proxy.sum('attempt_errors_total', { endpoint: 'one' })).toBe(1);
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
      late(50, (_, res) => {
        res.writeHead(200).flushHeaders();
        later(50, () => res.end());
      }),
    );
    const proxy = await measure({ endpoints, holdMs: 0 });
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
    const endpoints = await start(late(20, good), bad, hanging, (_, res) => res.destroy());
    const proxy = await measure({ endpoints, loserGraceMs: 300 });
    await request(proxy.url);
    await proxy.ended(1);
    for (const labels of [
      { endpoint: 'one', outcome: 'won', reason: 'first' },
      { endpoint: 'two', outcome: 'unusable', reason: 'race' },
      { endpoint: 'three', outcome: 'cancelled', reason: 'race' },
      { endpoint: 'four', outcome: 'failed', reason: 'race' },
    ]) {
      expect([labels, await proxy.sum('attempts_total', labels)]).toEqual([labels, 1]);
    }
    expect(await proxy.sum('attempts_total')).toBe(4);
    expect(await proxy.sum('attempt_errors_total')).toBe(1);
    expect(await proxy.sum('attempt_errors_total', { endpoint: 'four', code: 'ERR_BRP_CONNECTION_LOST' })).toBe(1);
  });

  test('that time out, or come too late to win, count as such', async () => {
    const endpoints = await start(hanging, good, late(20, good));
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
    const proxy = await measure({ endpoints: await start(late(20, good), bad) });
    for (let i = 0; i < 2; i++) await request(proxy.url);
    await proxy.ended(2);
    expect(await proxy.sum('wins_total', { endpoint: 'one' })).toBe(2);
    expect(await proxy.sum('wins_total')).toBe(2);
  });

  test('are timed when their response is usable, won or lost', async () => {
    const endpoints = await start(good, late(20, good), bad, hanging);
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
