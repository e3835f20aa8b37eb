import type { BalancingProxyOptions } from '../../src/index.ts';
import { leakCheckedResources } from '../helpers/leaks.ts';
import { request } from '../helpers/proxy.ts';
import { refusedUrl } from '../helpers/servers.ts';
import { including, until } from '../helpers/until.ts';

const resources = leakCheckedResources();

async function serveTwo(strategy: 'race' | 'failover') {
  const [one, two] = [await resources.startSaying('one'), await resources.startSaying('two')];
  const served = await resources.serve({ endpoints: [one.url, two.url], strategy });
  const asked = () => served.events.flatMap((event) => (event.type === 'attempt-started' ? [event.endpoint] : []));
  return { ...served, one, two, asked };
}

describe('drain', () => {
  test.each(['race', 'failover'] as const)('leaves an endpoint out of a %s until it is restored', async (strategy) => {
    const { url, proxy, one, two, asked } = await serveTwo(strategy);
    expect(proxy.drain(one.url)).toBe(true);
    expect(await request(url)).toMatchObject({ status: 200, text: 'two' });
    expect(asked()).toEqual([two.url]);
    expect(proxy.endpoints.map(({ state }) => state)).toEqual(['drained', 'available']);
    expect(proxy.restore(one.url)).toBe(true);
    await request(url);
    expect(asked()).toContain(one.url);
  });

  test('finishes what is under way', async () => {
    const held = Promise.withResolvers<() => void>();
    const endpoint = await resources.start((_, res) =>
      held.resolve(() => void res.writeHead(200, { 'Content-Length': 4 }).end('late')),
    );
    const { url, proxy } = await resources.serve({ endpoints: [endpoint.url] });
    const response = request(url);
    const answer = await held.promise;
    proxy.drain(endpoint.url);
    answer();
    expect(await response).toMatchObject({ status: 200, text: 'late' });
  });

  test('leaves requests without an endpoint when all are drained, which is answered 503', async () => {
    const { url, proxy, one, two } = await serveTwo('race');
    for (const { url: name } of [one, two]) proxy.drain(name);
    expect(await request(url)).toMatchObject({ status: 503, headers: { 'retry-after': '1' } });
  });

  test('reports each change once', async () => {
    const { proxy, one, events } = await serveTwo('race');
    for (const change of ['drain', 'drain', 'restore', 'restore'] as const) expect(proxy[change](one.url)).toBe(true);
    expect(events).toEqual([
      { type: 'endpoint-drained', endpoint: one.url },
      { type: 'endpoint-restored', endpoint: one.url },
    ]);
  });

  test.each(['drain', 'restore'] as const)('like restore knows no endpoint of another name: %s', async (change) => {
    const { proxy, events } = await serveTwo('race');
    expect(proxy[change]('http://nobody.example')).toBe(false);
    expect(events).toEqual([]);
  });
});

describe('drain, for requests that are under way', () => {
  /** Three endpoints, of which the first answers 500 when it is told to. */
  async function serveHeld(options: Partial<BalancingProxyOptions>) {
    const held = Promise.withResolvers<() => void>();
    const first = await resources.start((_, res) =>
      held.resolve(() => void res.writeHead(500, { 'Content-Length': 0 }).end()),
    );
    const [second, third] = [await resources.startSaying('second'), await resources.startSaying('third')];
    const endpoints = [first.url, second.url, third.url];
    const served = await resources.serve({ endpoints, order: 'given', ...options });
    return { ...served, second, held: held.promise };
  }

  test('leaves the endpoint out of the attempts that are still to come', async () => {
    const { url, proxy, second, held } = await serveHeld({ strategy: 'failover' });
    const response = request(url);
    const fail = await held;
    proxy.drain(second.url);
    fail();
    expect((await response).text).toBe('third');
  });

  test('leaves it out when its hedge was denied before', async () => {
    const hedge = { delayMs: 1, budgetRatio: 0, budgetFloor: 0 };
    const { url, proxy, events, second, held } = await serveHeld({ strategy: 'hedge', hedge });
    const response = request(url);
    const fail = await held;
    await until(() => events.map(({ type }) => type), including('hedge-denied'));
    proxy.drain(second.url);
    fail();
    expect((await response).text).toBe('third');
  });
});

describe('restore', () => {
  test('takes an endpoint back that is left out because it cannot be reached', async () => {
    const endpoint = await refusedUrl();
    const ejection = { consecutiveFailures: 1, baseMs: 60_000, maxMs: 60_000 };
    const { url, proxy, events } = await resources.serve({ endpoints: [endpoint], ejection });
    await request(url);
    expect(proxy.endpoints[0]?.state).toBe('ejected');
    proxy.restore(endpoint);
    expect(proxy.endpoints[0]).toMatchObject({ state: 'available', backInMs: 0 });
    expect(events.at(-1)).toEqual({ type: 'endpoint-restored', endpoint });
  });
});
