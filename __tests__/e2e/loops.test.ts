import http from 'node:http';
import { type BalancingProxyOptions, createBalancingProxy } from '../../src/index.ts';
import { leakCheckedResources } from '../helpers/leaks.ts';
import { request } from '../helpers/proxy.ts';
import { answering } from '../helpers/servers.ts';
import { connectRaw, serveUpgrades, startSwitching } from '../helpers/upgrades.ts';

const resources = leakCheckedResources();

interface RingSettings extends Partial<BalancingProxyOptions> {
  readonly size: number;
  /** How many times over each proxy has the next one for its endpoint. */
  readonly width?: number;
}

/** Serves proxies that have one another for endpoints, in a ring, and counts the requests that all of them get. */
async function serveRing({ size, width = 1, ...options }: RingSettings) {
  const servers = Array.from({ length: size }, () => http.createServer());
  const urls: string[] = [];
  for (const server of servers) urls.push((await resources.listen(server)).url);
  let asked = 0;
  for (const [index, server] of servers.entries()) {
    const endpoints = Array<string>(width).fill(urls[(index + 1) % size] ?? '');
    const proxy = resources.use(createBalancingProxy({ ...options, endpoints }));
    proxy.subscribe(({ type }) => void (type === 'request-started' && asked++));
    server.on('request', proxy).on('upgrade', proxy.upgrade);
  }
  return { url: urls[0] ?? '', asked: () => asked };
}

/** Serves proxies each of which has the next one for its endpoint, and the last one this endpoint. */
async function serveChain(length: number, endpoint: string, via?: string): Promise<string> {
  let url = endpoint;
  for (let i = 0; i < length; i++) {
    url = resources.use(await serveUpgrades({ endpoints: [url], ...(via && { via }) })).url;
  }
  return url;
}

describe('a request that carries our own `Via` token', () => {
  test.each<[string, http.OutgoingHttpHeaders]>([
    ['alone', { Via: '1.1 us' }],
    ['between others', { Via: '1.0 fred, 1.1 us, 1.1 other' }],
    ['in a field of its own', { Via: ['1.1 other', '2.0 us'] }],
    ['with protocol name and comment', { via: 'HTTP/1.1  us (a comment)' }],
    ['named in `Connection`', { Connection: 'Via, close', Via: '1.1 us' }],
  ])('%s is answered with 508 before any endpoint is asked', async (_, headers) => {
    const endpoint = await resources.start(answering(200, 'ok'));
    const { url } = resources.use(await serveUpgrades({ endpoints: [endpoint.url, endpoint.url], via: 'us' }));
    for (const method of ['GET', 'POST', 'OPTIONS']) {
      const { status, text } = await request(url, { method, headers });
      expect([status, text]).toEqual([508, '508 ERR_BRP_LOOP\n']);
    }
    expect(endpoint.accepted).toBe(0);
  });

  test.each([
    ['as a part of another', '1.1 usual, 1.1 not-us'],
    ['in a comment', '1.1 other (not us)'],
    ['as a protocol', 'us other'],
  ])('only %s is forwarded', async (_, via) => {
    const endpoint = await resources.start(answering(200, 'ok'));
    const { url } = resources.use(await serveUpgrades({ endpoints: [endpoint.url], via: 'us' }));
    expect((await request(url, { headers: { Via: via } })).status).toBe(200);
  });
});

describe('proxies that have one another for endpoints', () => {
  test.each([
    { size: 1, width: 1, requests: 2 },
    { size: 1, width: 3, requests: 4 },
    { size: 2, width: 1, requests: 3 },
    { size: 2, width: 2, requests: 7 },
    { size: 3, width: 2, requests: 15 },
  ])('$size of them, $width times over, answer 508 after $requests requests', async ({ requests, ...settings }) => {
    const { url, asked } = await serveRing(settings);
    expect((await request(url)).status).toBe(508);
    expect((await request(url, { method: 'POST', body: 'body' })).status).toBe(508);
    expect(asked()).toBe(2 * requests);
  });

  test('and a good endpoint, too, give its response', async () => {
    const good = await resources.start(answering(200, 'good'));
    const ring = await serveRing({ size: 2 });
    const { url } = resources.use(await serveUpgrades({ endpoints: [ring.url, good.url] }));
    expect((await request(url)).text).toBe('good');
  });

  test('answer 508 to an upgrade, too', async () => {
    const { url, asked } = await serveRing({ size: 2 });
    expect((await connectRaw(url).closed()).startsWith('HTTP/1.1 508 ')).toBe(true);
    expect(asked()).toBe(3);
  });

  test('are found by the pseudonym that a fleet shares, whichever instance is asked', async () => {
    const { url, asked } = await serveRing({ size: 4, via: 'fleet' });
    expect((await request(url)).status).toBe(508);
    expect(asked()).toBe(2);
  });
});

describe('a chain of proxies', () => {
  test.each([2, 5, 6])('of %i is no loop', async (length) => {
    const asked: Array<string | undefined> = [];
    const endpoint = await resources.start((req, res) => {
      asked.push(req.headers.via);
      answering(200, 'ok')(req, res);
    });
    const { text } = await request(await serveChain(length, endpoint.url));
    expect([text, asked.length, asked[0]?.split(', ').length]).toEqual(['ok', 1, length]);
  });

  test('of 2 carries an upgrade', async () => {
    const endpoint = resources.use(await startSwitching((socket) => void socket.pipe(socket)));
    const client = connectRaw(await serveChain(2, endpoint.url), { early: 'early,' });
    client.socket.write('late');
    expect((await client.until('late')).endsWith('\r\n\r\nearly,late')).toBe(true);
    client.socket.destroy();
    await endpoint.idle();
  });

  test('of 7 is taken for a loop that has no end, and ends at the seventh', async () => {
    const endpoint = await resources.start(answering(200, 'ok'));
    expect((await request(await serveChain(7, endpoint.url))).status).toBe(508);
    expect(endpoint.accepted).toBe(0);
  });
});
