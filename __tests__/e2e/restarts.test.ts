import type { BalancingProxyOptions } from '../../src/index.ts';
import { leakCheckedResources } from '../helpers/leaks.ts';
import { request } from '../helpers/proxy.ts';
import { answering } from '../helpers/servers.ts';
import { fatesOver, startLoad } from './restart-load.ts';
import { RestartingEndpoint } from './restarting-endpoint.ts';

const resources = leakCheckedResources();

/** The fates of requests while their only endpoint is ended in this way and away for 2 s. */
async function loadOver(signal: NodeJS.Signals) {
  const endpoint = resources.use(await new RestartingEndpoint().start());
  const served = await resources.serve({ endpoints: [endpoint.url], retry: { forMs: 5_000 } });
  const fates = await fatesOver(served.url, { end: () => endpoint.end(signal), start: () => endpoint.start() });
  return { fates, seen: endpoint.seen, events: served.events };
}

describe('while an only endpoint restarts for 2 s, of 50 requests a second', () => {
  test('none fails, and no POST is sent twice, when it finishes what is under way', async () => {
    const { fates, seen } = await loadOver('SIGTERM');
    expect(fates.length).toBeGreaterThan(100);
    expect(fates.filter(({ status }) => status !== 200)).toEqual([]);
    const posts = fates.filter(({ method }) => method === 'POST');
    expect(posts.filter(({ number }) => seen.get(number) !== 1)).toEqual([]);
  });

  test('no GET fails, and no POST is sent twice or lost that it cannot have seen, when it is killed', async () => {
    const { fates, seen, events } = await loadOver('SIGKILL');
    expect(fates.filter(({ method, status }) => method === 'GET' && status !== 200)).toEqual([]);
    const posts = fates.filter(({ method }) => method === 'POST');
    expect(posts.filter(({ number }) => (seen.get(number) ?? 0) > 1)).toEqual([]);
    const lost = events.flatMap((event) => (event.type === 'request-ended' && event.error ? [event] : []));
    expect(lost).toHaveLength(posts.filter(({ status }) => status !== 200).length);
    // They were on their way over a connection that was there.
    for (const { attempts } of lost) expect(attempts.at(-1)?.error?.code).toBe('ERR_BRP_CONNECTION_LOST');
  });
});

test.each(['race', 'hedge', 'failover'] as const)(
  'of two endpoints that restart one after the other none of the requests fails, and no POST is sent twice, in a %s',
  async (strategy) => {
    const endpoints = [await new RestartingEndpoint().start(), await new RestartingEndpoint().start()];
    for (const endpoint of endpoints) resources.use(endpoint);
    const urls = endpoints.map(({ url }) => url);
    const retry = { forMs: 5_000 };
    const served = await resources.serve({ endpoints: urls, strategy, unsafeMethods: 'single', retry });
    const load = startLoad(served.url);
    for (const endpoint of endpoints) {
      await load.more(25);
      await load.afterPost();
      await endpoint.end('SIGTERM');
      await load.more(5);
      await endpoint.start();
    }
    await load.more(25);
    const fates = await load.stop();
    expect(fates.filter(({ status }) => status !== 200)).toEqual([]);
    const posts = fates.filter(({ method }) => method === 'POST');
    const timesSeen = (number: number) => endpoints.reduce((sum, { seen }) => sum + (seen.get(number) ?? 0), 0);
    expect(posts.filter(({ number }) => timesSeen(number) !== 1)).toEqual([]);
  },
);

describe('over a connection that is kept alive', () => {
  const ask = async (method: string, options: Partial<BalancingProxyOptions>, headers = {}) => {
    const endpoint = await resources.start(answering(200, 'well'));
    const { url } = await resources.serve({ endpoints: [endpoint.url], ...options });
    await request(url);
    expect(await request(url, { method, headers, ...(method === 'POST' && { body: 'once' }) })).toMatchObject({
      status: 200,
    });
    return endpoint.accepted;
  };

  test.each(['GET', 'PUT', 'DELETE'])('a %s goes also while endpoints are asked again', async (method) => {
    expect(await ask(method, { retry: { forMs: 5_000 } })).toBe(1);
  });

  test('a POST goes only where nobody is asked again', async () => {
    expect(await ask('POST', {})).toBe(1);
    expect(await ask('POST', { retry: { forMs: 5_000 } })).toBe(2);
  });
});
