import type { RequestListener, ServerResponse } from 'node:http';
import type { BalancingProxyOptions } from '../../src/index.ts';
import { later } from '../helpers/late.ts';
import { leakCheckedResources } from '../helpers/leaks.ts';
import { request } from '../helpers/proxy.ts';
import { until } from '../helpers/until.ts';

const resources = leakCheckedResources();

/** How an endpoint answers its requests, by turns. */
type Manner = (res: ServerResponse, done: () => void) => void;

const answer =
  (status: number, bytes: number, ms: number): Manner =>
  (res, done) =>
    later(ms, () => {
      done();
      res.writeHead(status, { 'Content-Length': bytes, ETag: '"one"' }).end('x'.repeat(bytes));
    });

/** More than is held, in two parts. */
const inParts =
  (status: number, ms: number): Manner =>
  (res, done) => {
    res.writeHead(status, { 'Content-Length': 100_000 }).write('x'.repeat(90_000));
    later(ms, () => {
      done();
      res.end('x'.repeat(10_000));
    });
  };

/** Without a length, in two parts. */
const drip =
  (ms: number): Manner =>
  (res, done) => {
    res.write('half');
    later(ms, () => {
      done();
      res.end('half');
    });
  };

/** Half of a body that others can go on with. */
const breakOff: Manner = (res, done) =>
  void res.writeHead(200, { 'Content-Length': 100_000, ETag: '"one"' }).write('x'.repeat(50_000), () => {
    done();
    res.destroy();
  });

const rest: Manner = (res, done) => {
  done();
  const { range } = res.req.headers;
  const from = Number(/\d+/.exec(range ?? '')?.[0] ?? 0);
  const head = { 'Content-Length': 100_000 - from, ETag: '"one"' };
  if (range) res.writeHead(206, { ...head, 'Content-Range': `bytes ${from}-99999/100000` });
  else res.writeHead(200, head);
  res.end('x'.repeat(100_000 - from));
};

const vanish: Manner = (res, done) => {
  done();
  res.destroy();
};

/**
 * An endpoint that takes note when it is given a request while it is at work on another one, which it answers later. Requests that the
 * proxy has ended are over, although the endpoint may hear of that later.
 */
async function startStrict(manners: readonly Manner[]) {
  const atWork = new Set<Set<number>>();
  let count = 0;
  let overlaps = 0;
  const listener: RequestListener = (req, res) => {
    const number = ++count;
    for (const others of atWork) others.add(number);
    const others = new Set<number>();
    atWork.add(others);
    const onDone = (): void => {
      if (!res.destroyed) overlaps += others.size;
      atWork.delete(others);
    };
    res.once('close', () => atWork.delete(others));
    req.resume().once('end', () => manners[number % manners.length]?.(res, onDone));
  };
  const { url } = await resources.start(listener);
  return { url, count: () => count, overlaps: () => overlaps };
}

const cases: ReadonlyArray<[string, Partial<BalancingProxyOptions>, readonly Manner[]]> = [
  ['a race', { strategy: 'race' }, [answer(200, 10, 3), answer(200, 10, 0), answer(500, 10, 1)]],
  ['a race whose losers may finish', { strategy: 'race', loserGraceMs: 100 }, [answer(200, 10, 5), answer(200, 10, 1)]],
  ['hedges', { strategy: 'hedge', hedge: { delayMs: 2, budgetRatio: 1 } }, [answer(200, 10, 1), answer(200, 10, 8)]],
  [
    'hedges of which most are denied',
    { strategy: 'hedge', hedge: { delayMs: 2, budgetRatio: 0.01, budgetFloor: 0 } },
    [answer(200, 10, 8), answer(500, 10, 3)],
  ],
  ['a failover', { strategy: 'failover' }, [answer(500, 10, 1), answer(200, 10, 2), vanish]],
  [
    'a failover, the fastest first',
    { strategy: 'failover', order: 'fastest' },
    [answer(200, 10, 3), answer(200, 10, 1)],
  ],
  ['single requests', { strategy: 'single' }, [answer(200, 10, 2), answer(500, 10, 1)]],
  ['large bodies', { strategy: 'failover' }, [inParts(200, 5), inParts(500, 5)]],
  ['spares', { strategy: 'race' }, [inParts(500, 5), inParts(500, 15)]],
  [
    'rounds of retry',
    { retry: { forMs: 500, everyMs: 2 } },
    [answer(503, 10, 1), answer(503, 10, 2), answer(200, 10, 1)],
  ],
  [
    'rounds of retry, one by one',
    { strategy: 'failover', retry: { forMs: 500, everyMs: 2 } },
    [vanish, answer(503, 10, 2)],
  ],
  ['held responses', { strategy: 'hedge', hedge: { delayMs: 2 }, holdMs: 5 }, [drip(3), drip(10)]],
  [
    'responses that wait for better ones',
    { preferStatuses: '200', preferGraceMs: 10 },
    [answer(404, 10, 1), inParts(404, 5), answer(200, 10, 3)],
  ],
  ['resumes', { strategy: 'failover', timeouts: { idleMs: 5_000 } }, [breakOff, rest, rest]],
  ['resumes after a race', {}, [breakOff, rest]],
];

describe('with `maxInFlight: 1` no endpoint is given two requests at once', () => {
  test.each(cases)('by %s', async (_, options, manners) => {
    const endpoints = [await startStrict(manners), await startStrict(manners.toReversed()), await startStrict(manners)];
    const tiers = endpoints.map(({ url }, index) => ({ url, tier: index === 2 ? 1 : 0 }));
    const { url, proxy } = await resources.serve({ endpoints: tiers, maxInFlight: 1, ...options });
    let left = 150;
    const client = async () => {
      while (left-- > 0) await request(url, { method: left % 3 === 0 ? 'POST' : 'GET' }).catch(() => {});
    };
    await Promise.all(Array.from({ length: 10 }, client));
    await until(() => proxy.endpoints.every(({ inFlight }) => inFlight === 0));
    expect(endpoints.map((endpoint) => endpoint.overlaps())).toEqual([0, 0, 0]);
    for (const endpoint of endpoints) expect(endpoint.count()).toBeGreaterThan(0);
  });
});
