import { jest } from '@jest/globals';
import { tellAll } from './every-order/enact.ts';
import type { Waits } from './every-order/stories.ts';
import type { Setup } from './every-order/world.ts';

/**
 * Every order in which a race of up to three attempts can go, against a model of it that is written down independently:
 * as a fold over what happens, without timers, promises or signals.
 */

interface OneStage extends Pick<Setup, 'kinds' | 'follows'> {
  readonly count: number;
  readonly delayMs: number;
  readonly mayHedge: boolean;
}

/** Longer than all delays together. */
const preferGraceMs = 1e6;

/** Tells every story of a race of one stage. @returns how many there are. */
function tellAllOf({ count, delayMs, mayHedge, kinds, follows }: OneStage): Promise<number> {
  const stage = { candidates: 'abc'.slice(0, count), delayMs, mayHedge };
  const oneDelayMs = delayMs > 0 && delayMs < Infinity ? delayMs : 1_000;
  const waits: Waits = ({ result, held }, told) => {
    const delays = told.filter(({ happening }) => happening.kind === 'wait' && happening.ms === oneDelayMs);
    // As many delays as attempts are one more than can start something: the last one shows that nothing does.
    const mayDelay = result === 'pending' && delays.length < count;
    return [...(mayDelay ? [oneDelayMs] : []), ...(held.length === 0 ? [] : [preferGraceMs])];
  };
  return tellAll({ stages: [stage], stageDelayMs: Infinity, kinds, follows, preferGraceMs, loserGraceMs: 0 }, waits);
}

beforeEach(() => void jest.useFakeTimers());
afterEach(() => void jest.useRealTimers());

describe('in every order of values, failures, delays and an abort, a race does as its model', () => {
  const plain = { kinds: ['usable', 'unusable', 'failure'], mayHedge: true, follows: 'every end' } as const;

  test.each([
    { count: 1, delayMs: 0, orders: 12 },
    { count: 2, delayMs: 0, orders: 216 },
    { count: 3, delayMs: 0, orders: 5184 },
    { count: 1, delayMs: 100, orders: 12 },
    { count: 2, delayMs: 100, orders: 160 },
    { count: 3, delayMs: 100, orders: 2868 },
    { count: 1, delayMs: Infinity, orders: 12 },
    { count: 2, delayMs: Infinity, orders: 84 },
    { count: 3, delayMs: Infinity, orders: 576 },
  ])('with $count candidates and a delay of $delayMs ms: $orders orders', async ({ orders, ...setup }) => {
    expect(await tellAllOf({ ...plain, ...setup })).toBe(orders);
  });

  test.each([
    { count: 1, delayMs: 0, orders: 12 },
    { count: 2, delayMs: 0, orders: 252 },
    { count: 3, delayMs: 0, orders: 6804 },
    { count: 1, delayMs: 100, orders: 12 },
    { count: 2, delayMs: 100, orders: 187 },
    { count: 3, delayMs: 100, orders: 3786 },
    { count: 1, delayMs: Infinity, orders: 12 },
    { count: 2, delayMs: Infinity, orders: 102 },
    { count: 3, delayMs: Infinity, orders: 786 },
  ])(
    'with $count candidates, a delay of $delayMs ms and lesser values: $orders orders',
    async ({ orders, ...setup }) => {
      expect(await tellAllOf({ ...plain, kinds: ['usable', 'lesser', 'failure'], ...setup })).toBe(orders);
    },
  );

  test.each([
    { count: 2, delayMs: 0, orders: 84 },
    { count: 3, delayMs: 0, orders: 576 },
    { count: 2, delayMs: 100, orders: 84 },
    { count: 3, delayMs: 100, orders: 576 },
  ])('with $count candidates of which none may start by time, after $delayMs ms: $orders orders', async (row) => {
    const { orders, ...setup } = row;
    expect(await tellAllOf({ ...plain, mayHedge: false, ...setup })).toBe(orders);
  });

  test.each([
    { count: 2, delayMs: 100, follows: 'failures', orders: 279 },
    { count: 2, delayMs: Infinity, follows: 'failures', orders: 69 },
    { count: 3, delayMs: Infinity, follows: 'failures', orders: 258 },
    { count: 2, delayMs: 100, follows: 'nothing', orders: 256 },
    { count: 3, delayMs: Infinity, follows: 'nothing', orders: 32 },
  ] as const)(
    'with $count candidates, a delay of $delayMs ms and one that may follow $follows: $orders orders',
    async ({ orders, ...setup }) => {
      expect(await tellAllOf({ ...plain, kinds: ['usable', 'lesser', 'unusable', 'failure'], ...setup })).toBe(orders);
    },
  );
});
