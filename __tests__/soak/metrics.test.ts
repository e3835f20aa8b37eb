import http from 'node:http';
import { Registry } from 'prom-client';
import { type BalancingProxyOptions, createBalancingProxy, type EndpointSnapshot } from '../../src/index.ts';
import { createMetrics } from '../../src/observers/metrics/metrics.ts';
import { seedTitle } from '../fuzz/seed.ts';
import { Resources } from '../helpers/proxy.ts';
import { listen } from '../helpers/servers.ts';
import { sumOf } from '../observers/metrics/series.ts';
import { type Fault, faultOf, faultyEndpoint } from './faults.ts';

const resources = new Resources();
afterEach(() => resources.closeAll());

const requests = 5_000;
const concurrency = 20;
const endpointCount = 3;

/**
 * Every attempt that is counted has to reach its endpoint, so none may be given up while its connection is not accepted
 * yet: losers have seconds before they are cancelled (race) or are never (hedge), an endpoint that hangs has seconds, and
 * no client goes away. An endpoint that hangs ends as a cancelled loser in the race, and as timed out where it hedges.
 */
const strategies: Readonly<Record<string, Partial<BalancingProxyOptions>>> = {
  race: { strategy: 'race', loserGraceMs: 2_000 },
  hedge: {
    strategy: 'hedge',
    loserGraceMs: Infinity,
    timeouts: { responseMs: 3_000 },
    // What hangs keeps its place in the budget.
    hedge: { delayMs: 5, budgetRatio: endpointCount, maxConcurrent: requests },
  },
};

const faultsOf = (path: string): readonly Fault[] =>
  Array.from({ length: endpointCount }, (_, endpoint) => faultOf(path, endpoint));

/**
 * Paths of requests that need not wait for a timeout: some endpoint answers, or none hangs. */
function quickPaths(): readonly string[] {
  const paths: string[] = [];
  for (let index = 0; paths.length < requests; index++) {
    const path = `/metrics/${index}`;
    const faults = faultsOf(path);
    const isAnswered = faults.includes('none') || faults.includes('slow');
    if (isAnswered || !faults.includes('hang')) paths.push(path);
  }
  return paths;
}

/** An endpoint that knows how often each path was asked of it; every request has a path of its own. */
async function startCounting(endpoint: number) {
  const asked = new Map<string, number>();
  const answer = faultyEndpoint(endpoint);
  const { url } = await resources.start((req, res) => {
    const { url: path = '' } = req;
    asked.set(path, (asked.get(path) ?? 0) + 1);
    answer(req, res);
  });
  return { url, asked };
}

/** Resolves with the status that the client got; undefined when there was none, or it got half a response. */
function send(url: string, agent: http.Agent): Promise<number | undefined> {
  const { promise, resolve } = Promise.withResolvers<number | undefined>();
  let status: number | undefined;
  http
    .get(url, { agent }, (res) => {
      res
        .on('error', () => {})
        .on('end', () => {
          status = res.statusCode;
        });
      res.resume();
    })
    .on('error', () => {})
    .on('close', () => resolve(status));
  return promise;
}

const total = (
  snapshots: readonly EndpointSnapshot[],
  name: string,
  key: 'successes' | 'wins' | 'failures' | 'timeouts' | 'cancelled',
) => snapshots.filter((snapshot) => snapshot.name === name).reduce((sum, snapshot) => sum + snapshot[key], 0);

/** Milliseconds. A process that is starved for longer than a kept connection is idle would lose the request that comes next on it. */
const keepAliveTimeout = 60_000;

describe(`the metrics of ${requests} requests with every kind of fault (${seedTitle})`, () => {
  test('agree with what the endpoints, the proxies and the clients have counted', async () => {
    const endpoints = await Promise.all(Array.from({ length: endpointCount }, (_, index) => startCounting(index)));
    const urls = endpoints.map(({ url }) => url);
    const proxies = Object.values(strategies).map((options) => createBalancingProxy({ ...options, endpoints: urls }));
    const { registry, observe } = createMetrics({ registry: new Registry() });
    for (const proxy of proxies) observe(proxy);
    const servers = await Promise.all(proxies.map((proxy) => listen(http.createServer({ keepAliveTimeout }, proxy))));
    for (const server of servers) resources.use(server);
    const agent = new http.Agent({ keepAlive: true });
    resources.use({ close: () => agent.destroy() });

    const paths = quickPaths();
    const statuses: Array<number | undefined> = [];
    let next = 0;
    const work = async (): Promise<void> => {
      for (let index = next++; index < requests; index = next++) {
        const { url } = servers[index % servers.length] ?? { url: '' };
        statuses.push(await send(`${url}${paths[index]}`, agent));
      }
    };
    await Promise.all(Array.from({ length: concurrency }, work));
    // Waits for the losers, too.
    await Promise.all(proxies.map((proxy) => proxy.close()));

    const sum = (metric: string, labels?: Readonly<Record<string, string>>) => sumOf(registry, metric, labels);
    const snapshots = proxies.flatMap((proxy) => proxy.endpoints);
    for (const [index, { url: endpoint, asked }] of endpoints.entries()) {
      const outcomes = async (...names: readonly string[]) => {
        const sums = await Promise.all(names.map((outcome) => sum('attempts_total', { endpoint, outcome })));
        return sums.reduce((all, one) => all + one, 0);
      };
      // When all endpoints have broken off within their bodies they are asked once more, which is another attempt.
      const askedAgain = [...asked].filter(
        ([path, times]) => times > 1 && faultOf(path, index) === 'reset in the body',
      );
      expect({
        attempts: await sum('attempts_total', { endpoint }),
        wins: await sum('wins_total', { endpoint }),
        successes: await outcomes('won', 'lost', 'resumed'),
        failures: await outcomes('unusable', 'failed', 'timed-out'),
        timeouts: await outcomes('timed-out'),
        cancelled: await outcomes('cancelled'),
      }).toEqual({
        attempts: asked.size + askedAgain.length,
        wins: total(snapshots, endpoint, 'wins'),
        successes: total(snapshots, endpoint, 'successes'),
        failures: total(snapshots, endpoint, 'failures'),
        timeouts: total(snapshots, endpoint, 'timeouts'),
        cancelled: total(snapshots, endpoint, 'cancelled'),
      });
      // On a connection that was used before these look as if it had been closed meanwhile: the request is sent once more
      // on a fresh one, which is no other attempt.
      const repeated = [...asked].filter(([path, times]) => times > 1 && !askedAgain.some(([again]) => again === path));
      expect(repeated.filter(([, times]) => times > 2)).toEqual([]);
      const faults = repeated.map(([path]) => faultOf(path, index));
      expect(faults.filter((fault) => fault !== 'reset before the head' && fault !== 'half a head')).toEqual([]);
    }
    for (const outcome of ['won', 'lost', 'unusable', 'failed', 'timed-out', 'cancelled']) {
      // Or the test tests less than it says.
      expect([outcome, await sum('attempts_total', { outcome })]).not.toEqual([outcome, 0]);
    }

    const whole = statuses.filter((status) => status !== undefined);
    expect(await sum('requests_total')).toBe(requests);
    expect(await sum('attempts_total', { reason: 'first' })).toBe(requests);
    expect(await sum('requests_total', { outcome: 'served' })).toBe(whole.filter((status) => status === 200).length);
    expect(await sum('requests_total', { outcome: 'unusable' })).toBe(whole.filter((status) => status === 500).length);
    expect(await sum('requests_total', { outcome: 'broken-off' })).toBe(requests - whole.length);
    expect(await sum('request_head_seconds_count')).toBe(
      requests - (await sum('requests_total', { outcome: 'error' })),
    );
    expect(await sum('wasted_attempts_total')).toBe(
      (await sum('attempts_total')) -
        (await sum('request_head_seconds_count')) -
        (await sum('attempts_total', { outcome: 'resumed' })),
    );
    expect(await sum('requests_in_flight')).toBe(0);
    expect(await sum('endpoint_in_flight')).toBe(0);
  }, 300_000);
});
