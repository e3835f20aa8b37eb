import http from 'node:http';
import { createRandom } from '../../shared/random.ts';
import type { BalancingProxyOptions, EndpointOption, ProxyEvent } from '../../src/index.ts';
import { leakCheckedResources } from '../helpers/leaks.ts';
import { request, type ServedProxy } from '../helpers/proxy.ts';
import { answering, hanging, refusedUrl } from '../helpers/servers.ts';
import { atLeast, until } from '../helpers/until.ts';

const resources = leakCheckedResources();

const ejection = { failureRatio: 0.5, minRequests: 4, baseMs: 60_000, maxMs: 60_000 };
const bad = answering(500, 'bad');
const good = answering(200, 'good');

const serve = (options: BalancingProxyOptions) =>
  resources.serve({ strategy: 'failover', order: 'given', hedge: { delayMs: 60_000 }, ejection, ...options });

/** Starts an endpoint for each of these. */
const startAll = (listeners: readonly http.RequestListener[]) =>
  Promise.all(listeners.map((listener) => resources.start(listener)));

const urlsOf = (endpoints: ReadonlyArray<{ readonly url: string }>) => endpoints.map(({ url }) => url);
const statesOf = ({ proxy }: Pick<ServedProxy, 'proxy'>) => proxy.endpoints.map(({ state }) => state);

/** Asks so often, one request after the other. @returns the texts of the answers. */
async function ask(url: string, times: number): Promise<string[]> {
  const texts: string[] = [];
  for (let i = 0; i < times; i++) texts.push((await request(url)).text);
  return texts;
}

/** The events of endpoints, without the endpoint. */
const changesIn = (events: readonly ProxyEvent[]) =>
  events.flatMap((event) => {
    if (event.type === 'endpoint-ejected') return [`${event.cause} for ${event.forMs} ms`];
    return event.type === 'endpoint-restored' ? ['restored'] : [];
  });

/** An endpoint whose ways a test may change. */
async function startChanging(listener: http.RequestListener) {
  let current = listener;
  const endpoint = await resources.start((req, res) => current(req, res));
  const change = (next: http.RequestListener): void => {
    current = next;
  };
  return Object.assign(endpoint, { change });
}

describe.each(['hedge', 'failover', 'single'] as const)('under %s', (strategy) => {
  test('an endpoint that fails too often is left out, and observers are told why', async () => {
    const endpoints = await startAll([bad, good]);
    const served = await serve({ endpoints: urlsOf(endpoints), strategy });
    const texts = await ask(served.url, 14);
    expect(endpoints.map(({ asked }) => asked())).toEqual(strategy === 'single' ? [4, 10] : [4, 14]);
    expect(texts).toEqual([...Array(4).fill(strategy === 'single' ? 'bad' : 'good'), ...Array(10).fill('good')]);
    expect(changesIn(served.events)).toEqual(['failures for 60000 ms']);
    expect(served.proxy.endpoints).toMatchObject([
      { state: 'ejected', ejectionCause: 'failures', failures: 4 },
      { state: 'available', ejectionCause: undefined },
    ]);
  });

  test.each([
    { what: 'one of three', listeners: [bad, bad, bad] },
    { what: 'an only one', listeners: [bad] },
  ])('the last endpoint is never left out: $what', async ({ listeners }) => {
    const endpoints = await startAll(listeners);
    const served = await serve({ endpoints: urlsOf(endpoints), strategy });
    await ask(served.url, 30);
    expect(statesOf(served).filter((state) => state === 'available')).toHaveLength(1);
    expect(changesIn(served.events)).toHaveLength(listeners.length - 1);
    // The last one is asked first, and the others when it has failed, as the last resort.
    expect(endpoints.at(-1)?.asked()).toBeGreaterThanOrEqual(20);
  });

  test('an endpoint that fails less often stays in', async () => {
    let count = 0;
    const flaky = await resources.start((req, res) => (++count % 3 === 0 ? bad : good)(req, res));
    const served = await serve({ endpoints: [flaky.url, await resources.startAt(good)], strategy });
    await ask(served.url, 30);
    expect(flaky.asked()).toBe(30);
    expect(changesIn(served.events)).toEqual([]);
  });
});

describe('failures', () => {
  test.each<{ what: string; listener: http.RequestListener; options?: Partial<BalancingProxyOptions> }>([
    { what: 'a status that is not terminal', listener: bad },
    { what: 'what isUsable refuses', listener: answering(200, 'no'), options: { isUsable: refusing('no') } },
    { what: 'no head in time', listener: hanging, options: { timeouts: { responseMs: 50 } } },
    {
      what: 'silence within a body that is held',
      listener: (_, res) => void res.writeHead(200, { 'Content-Length': 100 }).write('half'),
      options: { timeouts: { idleMs: 50 } },
    },
    { what: 'a connection that is lost', listener: (_, res) => void res.destroy() },
  ])('are: $what', async ({ listener, options }) => {
    const endpoint = await resources.start(listener);
    const served = await serve({ endpoints: [endpoint.url, await resources.startAt(good)], ...options });
    await ask(served.url, 6);
    expect(endpoint.asked()).toBe(4);
    expect(changesIn(served.events)).toEqual(['failures for 60000 ms']);
  });

  test.each<{ what: string; options: Partial<BalancingProxyOptions> }>([
    { what: 'by the default', options: { ejection: true } },
    { what: 'of which there are too few', options: { ejection: { ...ejection, minRequests: 20 } } },
    {
      what: 'of functions of the user',
      options: {
        rewriteRequest: (_headers, { attempt }) => {
          if (attempt === 1) throw new Error('no');
          return undefined;
        },
      },
    },
  ])('are none $what', async ({ options }) => {
    const served = await serve({ endpoints: urlsOf(await startAll([bad, good])), ...options });
    await ask(served.url, 10);
    expect(statesOf(served)).toEqual(['available', 'available']);
  });

  test('to connect are left to consecutiveFailures', async () => {
    const served = await serve({ endpoints: [await refusedUrl(), await resources.startAt(good)] });
    await ask(served.url, 10);
    expect(changesIn(served.events)).toEqual(['unreachable for 60000 ms']);
    expect(served.proxy.endpoints).toMatchObject([{ ejectionCause: 'unreachable', failures: 5 }, {}]);
  });

  test('are none of attempts that their clients broke off', async () => {
    const endpoint = await startChanging(hanging);
    const served = await serve({ endpoints: [endpoint.url, await resources.startAt(good)] });
    for (let i = 1; i <= 10; i++) {
      const abort = new AbortController();
      const broken = request(served.url, { signal: abort.signal });
      await until(endpoint.asked, i);
      abort.abort();
      await expect(broken).rejects.toThrow('aborted');
      await until(() => served.proxy.endpoints[0]?.inFlight, 0);
    }
    endpoint.change(bad);
    await ask(served.url, 3);
    expect(statesOf(served)).toEqual(['available', 'available']);
    await ask(served.url, 1);
    expect(statesOf(served)).toEqual(['ejected', 'available']);
  });

  test('are none of rounds of retry', async () => {
    const one = await startChanging(answering(503, 'one'));
    const endpoints = [one.url, await resources.startAt(answering(503, 'two'))];
    const served = await serve({ endpoints, retry: { forMs: 60_000, everyMs: 5 } });
    const answer = request(served.url);
    await until(one.asked, atLeast(10));
    one.change(good);
    expect((await answer).text).toBe('good');
    expect(changesIn(served.events)).toEqual([]);
  });

  test('are none of resumes', async () => {
    const body = Buffer.alloc(200_000, 'a');
    const breaking: http.RequestListener = (_, res) => {
      res.writeHead(200, { ETag: '"one"', 'Content-Length': body.length });
      res.write(body.subarray(0, 100_000), () => setImmediate(() => res.destroy()));
    };
    const endpoints = urlsOf(await startAll([breaking, bad]));
    const served = await serve({ endpoints, strategy: 'single' });
    for (let i = 0; i < 10; i++) await expect(request(served.url)).rejects.toThrow();
    const resumes = served.events.filter((event) => event.type === 'attempt-started' && event.reason === 'resume');
    expect(resumes.length).toBeGreaterThanOrEqual(10);
    expect(changesIn(served.events)).toEqual([]);
  });
});

function refusing(refused: string): NonNullable<BalancingProxyOptions['isUsable']> {
  return async (response) => (await response.body()).toString() !== refused;
}

describe('a race', () => {
  /** Requests to /race are races, all others failovers. */
  const serveMixed = (endpoints: readonly EndpointOption[], options?: Partial<BalancingProxyOptions>) =>
    serve({ endpoints, strategy: ({ url }) => (url === '/race' ? 'race' : 'failover'), ...options });

  test('leaves nobody out, and counts for nobody', async () => {
    const endpoints = await startAll([bad, good]);
    const served = await serveMixed(urlsOf(endpoints));
    await ask(`${served.url}/race`, 20);
    expect(endpoints[0]?.asked()).toBe(20);
    await ask(served.url, 3);
    expect(statesOf(served)).toEqual(['available', 'available']);
    await ask(served.url, 1);
    expect(statesOf(served)).toEqual(['ejected', 'available']);
  });

  test('asks an endpoint in its ordinary place that others leave out, and neither tries nor restores it', async () => {
    const failing = await startChanging(bad);
    const endpoints = [failing.url, await resources.startAt(good)];
    const served = await serveMixed(endpoints, { ejection: { ...ejection, baseMs: 1_500 } });
    await ask(served.url, 4);
    failing.change(answering(200, 'better'));
    await ask(`${served.url}/race`, 5);
    const started = served.events.flatMap((event) => (event.type === 'attempt-started' ? [event.endpoint] : []));
    expect(started.slice(-10)).toEqual(Array(5).fill(endpoints).flat());
    expect(statesOf(served)).toEqual(['ejected', 'available']);
    await until(() => statesOf(served)[0], 'available');
    await ask(`${served.url}/race`, 1);
    expect(changesIn(served.events)).toEqual(['failures for 1500 ms']);
    expect(await ask(served.url, 1)).toEqual(['better']);
    expect(changesIn(served.events)).toEqual(['failures for 1500 ms', 'restored']);
  });
});

describe('the last endpoint that is available', () => {
  test('stays in while the other one is drained', async () => {
    const [one, two] = await startAll([bad, good]);
    const served = await serve({ endpoints: urlsOf([one, two] as never) });
    served.proxy.drain(two?.url ?? '');
    await ask(served.url, 10);
    expect(statesOf(served)).toEqual(['available', 'drained']);
    served.proxy.restore(two?.url ?? '');
    await ask(served.url, 1);
    expect(statesOf(served)).toEqual(['ejected', 'available']);
  });

  test('stays in while the other one wants to be left alone', async () => {
    const busy = await startChanging((_, res) => void res.writeHead(429, { 'Retry-After': '60' }).end());
    const served = await serve({ endpoints: [await resources.startAt(bad), busy.url], terminalStatuses: '!429' });
    await ask(served.url, 1);
    busy.change(good);
    await ask(served.url, 10);
    expect(statesOf(served)).toEqual(['available', 'cooling']);
  });

  test('stays in while the other one cannot be reached', async () => {
    const endpoints = [await refusedUrl(), await resources.startAt(bad)];
    const served = await serve({ endpoints, ejection: { ...ejection, consecutiveFailures: 1 } });
    await ask(served.url, 10);
    expect(statesOf(served)).toEqual(['ejected', 'available']);
  });

  test('is one of its request, where a function gives them', async () => {
    const [one, two] = urlsOf(await startAll([bad, good])) as [string, string];
    const served = await serve({ endpoints: ({ url }) => (url === '/both' ? [one, two] : [one]) });
    expect(await ask(`${served.url}/one`, 10)).toEqual(Array(10).fill('bad'));
    expect(changesIn(served.events)).toEqual([]);
    expect(await ask(`${served.url}/both`, 1)).toEqual(['good']);
    expect(changesIn(served.events)).toEqual(['failures for 60000 ms']);
    expect(await ask(`${served.url}/one`, 1)).toEqual(['bad']);
  });

  test('may be one of another tier', async () => {
    const [one, two] = urlsOf(await startAll([bad, good])) as [string, string];
    const served = await serve({ endpoints: [one, { url: two, tier: 1 }] });
    await ask(served.url, 10);
    expect(served.proxy.endpoints).toMatchObject([{ state: 'ejected', failures: 4 }, { wins: 10 }]);
  });

  test('is asked all the same when it was left out before the other one was drained', async () => {
    const [one, two] = urlsOf(await startAll([bad, good])) as [string, string];
    const served = await serve({ endpoints: [one, two] });
    await ask(served.url, 5);
    served.proxy.drain(two);
    expect(statesOf(served)).toEqual(['ejected', 'drained']);
    expect(await ask(served.url, 1)).toEqual(['bad']);
  });
});

describe('a trial', () => {
  test('that fails leaves the endpoint out for twice as long, one that does not brings it back', async () => {
    const failing = await startChanging(bad);
    const endpoints = [failing.url, await resources.startAt(good)];
    const served = await serve({ endpoints, ejection: { ...ejection, baseMs: 20 } });
    await ask(served.url, 4);
    for (const ejections of [2, 3]) {
      await until(async () => {
        await ask(served.url, 1);
        return changesIn(served.events).length;
      }, ejections);
    }
    failing.change(answering(200, 'better'));
    await until(async () => (await ask(served.url, 1))[0], 'better');
    expect(changesIn(served.events)).toEqual([
      'failures for 20 ms',
      'failures for 40 ms',
      'failures for 80 ms',
      'restored',
    ]);
    expect(failing.asked()).toBe(7);
    expect(await ask(served.url, 3)).toEqual(Array(3).fill('better'));
  });

  test('is not needed for an endpoint that an operator takes back', async () => {
    const failing = await startChanging(bad);
    const served = await serve({ endpoints: [failing.url, await resources.startAt(good)] });
    await ask(served.url, 4);
    failing.change(answering(200, 'better'));
    expect(served.proxy.restore(failing.url)).toBe(true);
    expect(await ask(served.url, 1)).toEqual(['better']);
    expect(changesIn(served.events)).toEqual(['failures for 60000 ms', 'restored']);
  });
});

describe('a failover over four endpoints, of which the first one always fails', () => {
  const requests = 2_000;

  /** Serves a proxy for one that always fails, and three that fail that often, and asks it. */
  async function measure(errorRatio: number) {
    const flaky = [1, 2, 3].map((seed): http.RequestListener => {
      const random = createRandom(seed);
      return (req, res) => (random() < errorRatio ? bad : good)(req, res);
    });
    const endpoints = await startAll([bad, ...flaky]);
    const served = await serve({ endpoints: urlsOf(endpoints), ejection: { failureRatio: 0.5 } });
    const agent = new http.Agent({ keepAlive: true });
    let successes = 0;
    for (let i = 0; i < requests; i++) if ((await request(served.url, { agent })).status === 200) successes++;
    agent.destroy();
    const asked = endpoints.reduce((sum, endpoint) => sum + endpoint.asked(), 0);
    return { success: successes / requests, attempts: asked / requests };
  }

  test.each([0, 0.1])('succeeds and costs at most 1.2 attempts, when the others have %d errors', async (errorRatio) => {
    const { success, attempts } = await measure(errorRatio);
    expect(success).toBeGreaterThanOrEqual(0.995);
    expect(attempts).toBeLessThanOrEqual(1.2);
  });

  // Three that fail a quarter of the time give 1 - 0.25 ** 3 of all answers, for 1 + 0.25 + 0.25 ** 2 attempts.
  test('costs no more than a failover over the other three, when these fail a quarter of the time', async () => {
    const { success, attempts } = await measure(0.25);
    expect(success).toBeGreaterThanOrEqual(0.98);
    expect(attempts).toBeLessThanOrEqual(1.36);
  });
});
