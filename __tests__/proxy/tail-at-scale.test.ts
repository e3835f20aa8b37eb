import { jest } from '@jest/globals';
import { drawServiceMs, heavyTail } from '../../bench/tail/service-times.ts';
import { createRandom } from '../../shared/random.ts';
import type { HedgeOptions } from '../../src/options/hedge.ts';
import { isThorough } from '../helpers/thorough.ts';
import { type LoadResult, sendVirtualLoad } from './virtual-load.ts';
import { VirtualProxy } from './virtual-proxy.ts';

const perSecond = 400;

beforeEach(() => void jest.useFakeTimers());
afterEach(() => {
  jest.useRealTimers();
  jest.restoreAllMocks();
});

interface Flaws {
  /** How many times slower the endpoint of this number is. */
  slowness?(number: number): number;
  readonly errorRatio?: number;
}

/** Endpoints as in `npm run bench:tail`, by the random numbers of a seed, as is their order; each may be slower or fail. */
function tailEndpoints(count: number, seed: number, { slowness = () => 1, errorRatio = 0 }: Flaws = {}) {
  const random = createRandom(seed);
  jest.spyOn(Math, 'random').mockImplementation(random);
  return Array.from({ length: count }, (_, number) => ({
    serviceMs: () => drawServiceMs(heavyTail, random) * slowness(number),
    isWell: () => random() >= errorRatio,
  }));
}

const hedging = (hedge: HedgeOptions) => ({ strategy: 'hedge', order: 'random', hedge }) as const;

describe.each(isThorough ? [1, 2, 3] : [1])('with the random numbers of seed %d', (seed) => {
  /** After a minute, in which the proxy learns. */
  async function afterLearning(proxy: VirtualProxy): Promise<LoadResult> {
    await sendVirtualLoad(proxy, { perSecond, seconds: 60, seed });
    return sendVirtualLoad(proxy, { perSecond, seconds: 100, seed: seed + 100 });
  }

  describe('against the slow tail of "The Tail at Scale"', () => {
    test.each([
      { budgetRatio: 0.02, timesLower: 15, atMost: 1.025 },
      { budgetRatio: 0.05, timesLower: 24, atMost: 1.055 },
      { budgetRatio: 0.1, timesLower: 35, atMost: 1.105 },
    ])(
      'a budget of $budgetRatio makes p99.9 $timesLower times lower for at most $atMost requests per request',
      async ({ budgetRatio, timesLower, atMost }) => {
        const single = await sendVirtualLoad(new VirtualProxy({}, tailEndpoints(1, seed)), {
          perSecond,
          seconds: 100,
          seed,
        });
        const hedged = await afterLearning(new VirtualProxy(hedging({ budgetRatio }), tailEndpoints(4, seed)));
        expect(single.p999Ms / hedged.p999Ms).toBeGreaterThanOrEqual(timesLower);
        expect(hedged.sentPerRequest).toBeLessThanOrEqual(atMost);
      },
    );
  });

  test.each([0.02, 0.05])(
    'a budget of %d is kept when all endpoints become ten times slower, and when they are fast again',
    async (budgetRatio) => {
      let slowness = 1;
      const endpoints = tailEndpoints(4, seed, { slowness: () => slowness });
      const proxy = new VirtualProxy(hedging({ budgetRatio, budgetFloor: 0 }), endpoints);
      await sendVirtualLoad(proxy, { perSecond, seconds: 30, seed });
      const spent: number[] = [];
      for (const now of [10, 10, 10, 10, 1, 1, 1, 1]) {
        slowness = now;
        const { hedgesPerRequest } = await sendVirtualLoad(proxy, { perSecond, seconds: 20, seed });
        spent.push(hedgesPerRequest);
      }
      // Requests of before pay for 10 s, so that some seconds may have a little more.
      expect(Math.max(...spent)).toBeLessThanOrEqual(budgetRatio * 1.05);
      expect(Math.min(...spent)).toBeGreaterThan(budgetRatio * 0.2);
      const whileSlow = spent.slice(0, 4);
      expect(whileSlow.reduce((sum, each) => sum + each) / 4).toBeLessThanOrEqual(budgetRatio);
    },
  );

  test.each([
    { what: 'one of four endpoints is ten times slower', options: {}, slowness: (n: number) => (n === 0 ? 10 : 1) },
    {
      what: 'the fastest endpoint is asked first, and now and then another one',
      options: { order: 'fastest' },
      slowness: (n: number) => 1 + n / 4,
    },
  ] as const)('about four fifths of the budget are spent when $what', async ({ options, slowness }) => {
    const endpoints = tailEndpoints(4, seed, { slowness });
    const { hedgesPerRequest } = await afterLearning(
      new VirtualProxy({ ...hedging({ budgetRatio: 0.05 }), ...options }, endpoints),
    );
    expect(hedgesPerRequest).toBeGreaterThan(0.036);
    expect(hedgesPerRequest).toBeLessThan(0.047);
  });

  test('races in the same proxy take nothing of the budget, and add nothing to it', async () => {
    const random = createRandom(seed);
    let hedged = 0;
    const strategy = () => {
      const isHedged = random() < 0.3;
      if (isHedged) hedged++;
      return isHedged ? 'hedge' : 'race';
    };
    const proxy = new VirtualProxy({ ...hedging({ budgetRatio: 0.05 }), strategy }, tailEndpoints(4, seed));
    await sendVirtualLoad(proxy, { perSecond, seconds: 60, seed });
    expect(proxy.hedges / hedged).toBeGreaterThan(0.035);
    expect(proxy.hedges / hedged).toBeLessThan(0.0525);
  });

  test('a failover over four endpoints that fail a quarter of the time succeeds 99.5 % of the time for 1.4 requests', async () => {
    const endpoints = tailEndpoints(4, seed, { errorRatio: 0.25 });
    const proxy = new VirtualProxy({ strategy: 'failover', order: 'random' }, endpoints);
    const { successRatio, sentPerRequest } = await sendVirtualLoad(proxy, { perSecond, seconds: 50, seed });
    expect(successRatio).toBeGreaterThanOrEqual(0.995);
    expect(sentPerRequest).toBeLessThanOrEqual(1.4);
  });
});
