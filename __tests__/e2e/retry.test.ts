import { once } from 'node:events';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import type { BalancingProxyOptions } from '../../src/index.ts';
import { leakCheckedResources } from '../helpers/leaks.ts';
import { request } from '../helpers/proxy.ts';
import { refusedUrl } from '../helpers/servers.ts';
import { until } from '../helpers/until.ts';

const resources = leakCheckedResources();

async function serve(options: BalancingProxyOptions) {
  const served = await resources.serve(options);
  const started = () =>
    served.events.flatMap((event) => (event.type === 'attempt-started' ? [[event.endpoint, event.reason]] : []));
  return { ...served, started };
}

/** An endpoint that answers so often with 503, then well. */
function unwellAtFirst(times: number, headers: Readonly<Record<string, string>> = {}) {
  let count = 0;
  return resources.start((req, res) => {
    req.resume();
    if (++count <= times) res.writeHead(503, headers).end('starting');
    else res.end('well');
  });
}

describe('retry', () => {
  test.each(['GET', 'POST'])('lets a %s wait for an endpoint that cannot be reached', async (method) => {
    const place = http.createServer((req, res) => void req.resume().on('end', () => res.end('back')));
    const { port } = await freePort();
    const { url, started } = await serve({
      endpoints: [{ url: `http://127.0.0.1:${port}`, name: 'a' }],
      retry: { forMs: 10_000, everyMs: 10 },
    });
    const answer = request(url, { method, ...(method === 'POST' && { body: 'once' }) });
    await until(() => started().length >= 3);
    place.listen(port, '127.0.0.1');
    await once(place, 'listening');
    expect(await answer).toMatchObject({ status: 200, text: 'back' });
    expect(started().slice(0, 3)).toEqual([
      ['a', 'first'],
      ['a', 'retry'],
      ['a', 'retry'],
    ]);
    place.closeAllConnections();
    place.close();
  });

  test('asks again after 503 what may be sent twice', async () => {
    const endpoint = await unwellAtFirst(2);
    const { url } = await serve({ endpoints: [endpoint.url], retry: { forMs: 10_000, everyMs: 10 } });
    expect(await request(url)).toMatchObject({ status: 200, text: 'well' });
    expect(endpoint.asked()).toBe(3);
  });

  test('gives a POST the 503 that it was answered with', async () => {
    const endpoint = await unwellAtFirst(2);
    const { url } = await serve({ endpoints: [endpoint.url], retry: { forMs: 10_000, everyMs: 10 } });
    expect(await request(url, { method: 'POST', body: 'once' })).toMatchObject({ status: 503, text: 'starting' });
    expect(endpoint.asked()).toBe(1);
  });

  test('asks an endpoint again that may have one attempt at a time, whose answer is kept meanwhile', async () => {
    const endpoint = await unwellAtFirst(2);
    const { url } = await serve({
      endpoints: [endpoint.url],
      maxInFlight: 1,
      retry: { forMs: 10_000, everyMs: 10 },
    });
    expect(await request(url)).toMatchObject({ status: 200, text: 'well' });
  });

  test.each<[string, Partial<BalancingProxyOptions>]>([
    ['forMs', { retry: { forMs: 10_000, everyMs: 10 } }],
    ['totalMs', { retry: { forMs: 60_000, everyMs: 10 }, timeouts: { totalMs: 10_000 } }],
  ])('ends at once when a Retry-After lasts longer than %s', async (_, options) => {
    const endpoint = await unwellAtFirst(1, { 'Retry-After': '30' });
    const { url } = await serve({ endpoints: [endpoint.url], ...options });
    expect(await request(url)).toMatchObject({ status: 503, text: 'starting' });
    expect(endpoint.asked()).toBe(1);
  });

  test('gives the client the answer of an endpoint that asked to be left alone, when nobody else could be reached meanwhile', async () => {
    const endpoint = await unwellAtFirst(1, { 'Retry-After': '30' });
    const { url, started } = await serve({
      endpoints: [
        { url: endpoint.url, name: 'busy' },
        { url: await refusedUrl(), name: 'away' },
      ],
      strategy: 'failover',
      retry: { forMs: 100, everyMs: 20 },
    });
    expect(await request(url)).toMatchObject({ status: 503, text: 'starting', headers: { 'retry-after': '30' } });
    expect(started().slice(0, 3)).toEqual([
      ['busy', 'first'],
      ['away', 'failure'],
      ['away', 'retry'],
    ]);
  });

  test('answers 502 when its time is up', async () => {
    const { url, started } = await serve({ endpoints: [await refusedUrl()], retry: { forMs: 100, everyMs: 20 } });
    expect(await request(url)).toMatchObject({ status: 502 });
    expect(started().length).toBeGreaterThan(1);
  });

  test('asks nobody again by default', async () => {
    const { url, started } = await serve({ endpoints: [await refusedUrl()] });
    expect(await request(url)).toMatchObject({ status: 502 });
    expect(started()).toHaveLength(1);
  });
});

/** A port that was free a moment ago. */
async function freePort(): Promise<AddressInfo> {
  const server = http.createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return address;
}
