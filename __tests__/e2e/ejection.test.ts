import http from 'node:http';
import type { AddressInfo } from 'node:net';
import type { BalancingProxyOptions, ProxyEvent } from '../../src/index.ts';
import { late } from '../helpers/late.ts';
import { leakCheckedResources } from '../helpers/leaks.ts';
import { request, type ServedProxy } from '../helpers/proxy.ts';
import { answering, hanging, refusedUrl } from '../helpers/servers.ts';
import { atLeast, until } from '../helpers/until.ts';

const resources = leakCheckedResources();

const serve = async (options: BalancingProxyOptions) =>
  resources.serve({ order: 'given', hedge: { delayMs: 60_000 }, ...options });

/** An endpoint that can go down and come back on the same port. */
class Mortal {
  readonly #listener: http.RequestListener;
  #server: http.Server | undefined;
  #port = 0;

  constructor(listener: http.RequestListener) {
    this.#listener = listener;
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  async up(listener = this.#listener): Promise<this> {
    const server = http.createServer(listener);
    await new Promise<void>((resolve) => server.listen(this.#port, '127.0.0.1', resolve));
    this.#server = server;
    this.#port = (server.address() as AddressInfo).port;
    return this;
  }

  async down(): Promise<void> {
    const server = this.#server;
    this.#server = undefined;
    await new Promise<void>((resolve) => {
      if (!server) return resolve();
      server.close(() => resolve());
      server.closeAllConnections();
    });
  }

  close(): Promise<void> {
    return this.down();
  }
}

const startMortal = async () => resources.use(await new Mortal(answering(200, 'mortal')).up());

/** Slower than a refusal is known, so that no race is over before. */
const goodAfter25Ms = late(25, answering(200, 'good'));

/** Asks one after the other until something is the case; gives the answers. */
async function askUntil(url: string, isReached: () => boolean): Promise<string[]> {
  const texts: string[] = [];
  await until(async () => {
    if (!isReached()) texts.push((await request(url)).text);
    return isReached();
  });
  return texts;
}

const ejections = (events: readonly ProxyEvent[]) => events.filter((event) => event.type === 'endpoint-ejected');
const restorations = (events: readonly ProxyEvent[]) => events.filter((event) => event.type === 'endpoint-restored');
const failuresAt = (endpoint: string, events: readonly ProxyEvent[]) =>
  events.filter((event) => event.type === 'attempt-ended' && event.report.endpoint === endpoint && event.report.error);

const strategies = ['race', 'hedge', 'failover'] as const;

describe('an endpoint that goes down and comes back', () => {
  test.each(strategies)(
    'is left out after 5 failures and found again, and no client of a %s notices',
    async (strategy) => {
      const mortal = await startMortal();
      const good = await resources.start(goodAfter25Ms);
      const ejection = { consecutiveFailures: 5, baseMs: 50 };
      const { url, events, proxy } = await serve({ endpoints: [mortal.url, good.url], strategy, ejection });
      const states: unknown[] = [];
      proxy.subscribe(({ type }) => {
        if (type === 'endpoint-ejected' || type === 'endpoint-restored') states.push(proxy.endpoints[0]?.state);
      });
      const texts = await askUntil(url, () => events.length > 20);

      await mortal.down();
      texts.push(...(await askUntil(url, () => ejections(events).length === 1)));
      expect(failuresAt(mortal.url, events)).toHaveLength(5);
      texts.push(...(await askUntil(url, () => ejections(events).length === 3)));
      // Each trial is one failure more.
      expect(failuresAt(mortal.url, events)).toHaveLength(7);
      expect(ejections(events).map(({ forMs }) => forMs)).toEqual([50, 100, 200]);

      await mortal.up();
      texts.push(...(await askUntil(url, () => restorations(events).length === 1)));
      // By the first trial that could find it.
      expect(ejections(events)).toHaveLength(3);
      expect((await request(url)).text).toBe('mortal');
      expect(new Set(texts)).toEqual(new Set(['mortal', 'good']));
      expect(states).toEqual(['ejected', 'ejected', 'ejected', 'available']);
      expect(proxy.endpoints).toMatchObject([
        { name: mortal.url, state: 'available', backInMs: 0 },
        { name: good.url, state: 'available', backInMs: 0 },
      ]);
    },
  );

  test.each(strategies)('again and again goes unnoticed by the clients of a %s under load', async (strategy) => {
    const mortal = await startMortal();
    const good = await resources.start(goodAfter25Ms);
    const ejection = { consecutiveFailures: 5, baseMs: 10, maxMs: 20 };
    const { url, events, proxy } = await serve({
      endpoints: [mortal.url, good.url],
      strategy,
      ejection,
      loserGraceMs: 0,
    });
    let isOver = false;
    const clients = Array.from({ length: 4 }, () => askUntil(url, () => isOver));
    for (let i = 1; i <= 3; i++) {
      await mortal.down();
      await until(() => ejections(events).length, atLeast(2 * i));
      await mortal.up();
      await until(() => restorations(events).length, atLeast(i));
    }
    isOver = true;
    const texts = (await Promise.all(clients)).flat();
    expect(texts.filter((text) => text !== 'good' && text !== 'mortal')).toEqual([]);
    expect(proxy.endpoints.map(({ inFlight }) => inFlight)).toEqual([0, 0]);
  });
});

describe('a trial', () => {
  /** A proxy whose first endpoint was left out and is due for a trial. */
  async function serveBeforeTrial(options: Omit<BalancingProxyOptions, 'endpoints'>) {
    const mortal = await startMortal();
    const good = await resources.start(answering(200, 'good'));
    const ejection = { consecutiveFailures: 1, baseMs: 30 };
    const served = await serve({ strategy: 'failover', ejection, endpoints: [mortal.url, good.url], ...options });
    await mortal.down();
    await request(served.url);
    expect(ejections(served.events)).toHaveLength(1);
    await until(() => served.proxy.endpoints[0]?.state, 'available');
    return { mortal, ...served };
  }

  test('is one request; the others go elsewhere while it is under way', async () => {
    const { url, proxy, mortal, events } = await serveBeforeTrial({});
    const asked = Promise.withResolvers<http.ServerResponse>();
    await mortal.up((_, res) => asked.resolve(res));
    const trial = request(url);
    const res = await asked.promise;
    expect(proxy.endpoints[0]).toMatchObject({ state: 'trial', inFlight: 1 });
    for (let i = 0; i < 3; i++) expect((await request(url)).text).toBe('good');
    res.end('back');
    expect((await trial).text).toBe('back');
    expect(restorations(events)).toHaveLength(1);
  });

  test("is no client's only chance", async () => {
    const { url, proxy } = await serveBeforeTrial({ maxAttempts: 1 });
    for (let i = 0; i < 3; i++) expect((await request(url)).text).toBe('good');
    expect(proxy.endpoints[0]).toMatchObject({ failures: 1 });
  });

  test('that its client breaks off is due again', async () => {
    const { url, proxy, mortal } = await serveBeforeTrial({});
    const asked = Promise.withResolvers<void>();
    await mortal.up(() => asked.resolve());
    const abort = new AbortController();
    const trial = request(url, { signal: abort.signal });
    await asked.promise;
    abort.abort();
    await expect(trial).rejects.toThrow('aborted');
    await mortal.down();
    await mortal.up();
    await askUntil(url, () => proxy.endpoints[0]?.state === 'available');
    expect((await request(url)).text).toBe('mortal');
  });
});

describe('what is not left out', () => {
  test.each(strategies)('are the endpoints of a %s when there is no other', async (strategy) => {
    const mortal = await startMortal();
    const endpoints = [await refusedUrl(), mortal.url];
    const ejection = { consecutiveFailures: 2, baseMs: 60_000, maxMs: 60_000 };
    const { url, proxy } = await serve({ endpoints, strategy, ejection });
    await mortal.down();
    for (let i = 0; i < 5; i++) expect((await request(url)).status).toBe(502);
    expect(proxy.endpoints.map(({ state }) => state)).toEqual(['ejected', 'ejected']);
    await mortal.up();
    expect((await request(url)).text).toBe('mortal');
    expect(proxy.endpoints.map(({ state }) => state)).toEqual(['ejected', 'available']);
  });

  test.each<[string, http.RequestListener]>([
    ['answers 500', answering(500, 'bad')],
    ['closes the connection', (_, res) => void res.destroy()],
    ['hangs', hanging],
  ])('is an endpoint that %s', async (_, listener) => {
    const flaky = await resources.start(listener);
    const { url, proxy, events } = await serve({
      endpoints: [flaky.url, (await resources.start(answering(200, 'good'))).url],
      strategy: 'failover',
      ejection: { consecutiveFailures: 1 },
      timeouts: { responseMs: 100 },
    });
    for (let i = 0; i < 4; i++) expect((await request(url)).text).toBe('good');
    expect(proxy.endpoints[0]).toMatchObject({ state: 'available', failures: 4 });
    expect(ejections(events)).toEqual([]);
  });

  test('is any endpoint with `ejection: false`', async () => {
    const endpoints = [await refusedUrl(), (await resources.start(answering(200, 'good'))).url];
    const { url, proxy } = await serve({ endpoints, strategy: 'failover', ejection: false });
    for (let i = 0; i < 10; i++) await request(url);
    expect(proxy.endpoints[0]).toMatchObject({ state: 'available', failures: 10 });
  });
});

describe('an endpoint with `maxInFlight` attempts', () => {
  /** Sends requests that stay under way, one after the other reached an endpoint. */
  async function occupy({ url, proxy }: ServedProxy, count: number) {
    const abort = new AbortController();
    const underWay = () => proxy.endpoints.reduce((sum, { inFlight }) => sum + inFlight, 0);
    for (let i = 0; i < count; i++) {
      request(url, { signal: abort.signal }).catch(() => {});
      const sum = underWay();
      await until(() => underWay(), atLeast(sum + 1));
    }
    return abort;
  }

  const lastErrorOf = ({ events }: ServedProxy) =>
    events.flatMap((event) => (event.type === 'request-ended' ? event.error?.message : [])).at(-1);

  test('is passed over, and when all are full the answer is 503 with Retry-After', async () => {
    const endpoints = [(await resources.start(hanging)).url, (await resources.start(hanging)).url];
    const served = await serve({ endpoints, strategy: 'failover', maxInFlight: 2 });
    await occupy(served, 2);
    expect(served.proxy.endpoints.map(({ inFlight }) => inFlight)).toEqual([2, 0]);
    const abort = await occupy(served, 2);
    expect(served.proxy.endpoints.map(({ inFlight }) => inFlight)).toEqual([2, 2]);
    const { status, headers, text } = await request(served.url);
    expect([status, headers['retry-after'], text]).toEqual([503, '1', '503 ERR_BRP_NO_ENDPOINT\n']);
    expect(lastErrorOf(served)).toBe('no endpoint may be tried: 2 are full (maxInFlight)');
    abort.abort();
  });

  test('is told apart from a drained one, by counts', async () => {
    const endpoints = await Promise.all([1, 2, 3].map(() => resources.startAt(hanging)));
    const served = await serve({ endpoints, strategy: 'failover', maxInFlight: 1 });
    for (const name of endpoints.slice(1)) served.proxy.drain(name);
    const abort = await occupy(served, 1);
    await request(served.url);
    expect(lastErrorOf(served)).toBe('no endpoint may be tried: 2 are drained, 1 is full (maxInFlight)');
    abort.abort();
  });

  test.each(strategies)('is asked by a %s again when one of them has ended', async (strategy) => {
    const endpoint = await resources.start((req, res) =>
      (req.url === '/slow' ? hanging : answering(200, 'ok'))(req, res),
    );
    const served = await serve({ endpoints: [endpoint.url], strategy, maxInFlight: 1 });
    const abort = await occupy({ ...served, url: `${served.url}/slow` }, 1);
    expect((await request(served.url)).status).toBe(503);
    abort.abort();
    await endpoint.idle();
    expect((await request(served.url)).text).toBe('ok');
  });

  test('gives the second attempt to another one when it has become full since a hedge to it was denied', async () => {
    const slow = await resources.startHeld();
    const endpoints = [slow.url, await resources.startAt(hanging), await resources.startAt(answering(200, 'free'))];
    const hedge = { delayMs: 10, budgetRatio: 0, budgetFloor: 0 };
    const served = await serve({ endpoints, strategy: 'hedge', hedge, maxAttempts: 2, maxInFlight: 1 });
    const answer = request(served.url);
    await until(() => served.proxy.hedgesDenied, 1);
    const abort = await occupy(served, 1);
    (await slow.first).destroy();
    expect((await answer).text).toBe('free');
    abort.abort();
  });

  test('is full as long as the response is still coming', async () => {
    const endpoint = await resources.start((_, res) => void res.write('first'));
    const { url, proxy } = await serve({ endpoints: [endpoint.url], maxInFlight: 1 });
    const client = http.get(url, { agent: false }).on('error', () => {});
    await new Promise((resolve) => client.once('response', (res) => res.on('error', () => {}).once('data', resolve)));
    expect(proxy.endpoints[0]?.inFlight).toBe(1);
    expect((await request(url)).status).toBe(503);
    client.destroy();
    await endpoint.idle();
    await proxy.close();
    expect(proxy.endpoints[0]?.inFlight).toBe(0);
  });
});
