import { jest } from '@jest/globals';
import { createRandom } from '../../shared/random.ts';
import { type BudgetOptions, HedgeBudget } from '../../src/race/budget.ts';

beforeEach(() => void jest.useFakeTimers());
afterEach(() => void jest.useRealTimers());

const budgetWith = (options: Partial<BudgetOptions>) =>
  new HedgeBudget({ budgetRatio: 0, budgetFloor: 0, maxConcurrent: Infinity, ...options });

function deposit(budget: HedgeBudget, requests: number): void {
  for (let i = 0; i < requests; i++) budget.deposit();
}

/** Takes out what is in it, at most 1000, and counts it. */
function withdrawAll(budget: HedgeBudget): number {
  let count = 0;
  while (count < 1000 && budget.withdraw()) count++;
  return count;
}

describe('a budget', () => {
  test.each([
    { budgetRatio: 0.2, budgetFloor: 0, requests: 0, extras: 0 },
    { budgetRatio: 0.2, budgetFloor: 0, requests: 4, extras: 0 },
    { budgetRatio: 0.2, budgetFloor: 0, requests: 5, extras: 1 },
    { budgetRatio: 0.2, budgetFloor: 0, requests: 100, extras: 20 },
    { budgetRatio: 0.2, budgetFloor: 3, requests: 0, extras: 3 },
    { budgetRatio: 0.2, budgetFloor: 3, requests: 14, extras: 5 },
    { budgetRatio: 0, budgetFloor: 3, requests: 100, extras: 3 },
    { budgetRatio: 0, budgetFloor: 0, requests: 100, extras: 0 },
    { budgetRatio: 2, budgetFloor: 0, requests: 10, extras: 20 },
    { budgetRatio: Infinity, budgetFloor: 0, requests: 1, extras: 1000 },
    { budgetRatio: 0, budgetFloor: Infinity, requests: 0, extras: 1000 },
  ])(
    'of a ratio of $budgetRatio and a floor of $budgetFloor has $extras extras for $requests requests',
    ({ requests, extras, ...options }) => {
      const budget = budgetWith(options);
      deposit(budget, requests);
      expect(withdrawAll(budget)).toBe(extras);
    },
  );

  test('has room again when more requests come', () => {
    const budget = budgetWith({ budgetRatio: 0.5 });
    deposit(budget, 2);
    expect(withdrawAll(budget)).toBe(1);
    deposit(budget, 4);
    expect(withdrawAll(budget)).toBe(2);
  });

  test('counts how often it refused', () => {
    const budget = budgetWith({ budgetFloor: 1 });
    expect(budget.denied).toBe(0);
    budget.withdraw();
    expect(budget.denied).toBe(0);
    budget.withdraw();
    budget.withdraw();
    expect(budget.denied).toBe(2);
  });
});

describe('the window of a budget', () => {
  test('forgets requests when they are 10 s old', () => {
    const budget = budgetWith({ budgetRatio: 1 });
    deposit(budget, 5);
    jest.advanceTimersByTime(9_000);
    expect(budget.withdraw()).toBeDefined();
    jest.advanceTimersByTime(1_000);
    expect(budget.withdraw()).toBeUndefined();
  });

  test('forgets extras when they are 10 s old', () => {
    const budget = budgetWith({ budgetFloor: 2 });
    budget.withdraw();
    jest.advanceTimersByTime(5_000);
    budget.withdraw();
    jest.advanceTimersByTime(4_000);
    expect(withdrawAll(budget)).toBe(0);
    jest.advanceTimersByTime(1_000);
    expect(withdrawAll(budget)).toBe(1);
    jest.advanceTimersByTime(5_000);
    expect(withdrawAll(budget)).toBe(1);
  });

  test.each([10_000, 15_000, 100_000, 1e9])('is empty after %d ms of silence', (ms) => {
    const budget = budgetWith({ budgetRatio: 1, budgetFloor: 1 });
    for (let second = 0; second < 10; second++) {
      deposit(budget, 1);
      budget.withdraw();
      jest.advanceTimersByTime(1_000);
    }
    jest.advanceTimersByTime(ms);
    expect(withdrawAll(budget)).toBe(1);
  });

  test('slides: a steady stream keeps its share', () => {
    const budget = budgetWith({ budgetRatio: 0.1 });
    const extras: number[] = [];
    for (let second = 0; second < 60; second++) {
      deposit(budget, 10);
      extras.push(withdrawAll(budget));
      jest.advanceTimersByTime(1_000);
    }
    expect(extras).toEqual(Array(60).fill(1));
  });
});

describe('the cap of a budget', () => {
  test('is on the extras that are under way at one moment', () => {
    const budget = budgetWith({ budgetFloor: 100, maxConcurrent: 2 });
    expect(withdrawAll(budget)).toBe(2);
    expect(budget.denied).toBe(1);
  });

  test.each([1, 2])(
    'has room again as soon as one of them has ended, once however often its lease is ended: %d',
    (times) => {
      const budget = budgetWith({ budgetFloor: 100, maxConcurrent: 2 });
      const lease = budget.withdraw();
      expect(withdrawAll(budget)).toBe(1);
      for (let time = 0; time < times; time++) lease?.end();
      expect(withdrawAll(budget)).toBe(1);
    },
  );

  test('is kept by extras that outlive the window', () => {
    const budget = budgetWith({ budgetFloor: 100, maxConcurrent: 1 });
    budget.withdraw();
    jest.advanceTimersByTime(60_000);
    expect(budget.withdraw()).toBeUndefined();
  });
});

describe('the share of responses that a budget takes for slow', () => {
  /** Lets seconds go by, of 100 requests each, of which so many ask for hedges. */
  function spend(budget: HedgeBudget, seconds: number, { asking, each = 1 }: { asking: number; each?: number }): void {
    for (let second = 0; second < seconds; second++) {
      deposit(budget, 100);
      for (let request = 0; request < asking; request++) {
        for (let hedge = 0; hedge < each; hedge++) budget.withdraw(hedge === 0);
      }
      jest.advanceTimersByTime(1_000);
    }
  }

  test.each([
    { what: 'stays while four fifths of the budget are spent', asking: 4, low: 0.9, high: 1.1 },
    { what: 'falls while more is spent', asking: 5, low: 0.1, high: 0.6 },
    { what: 'falls while more is asked for than there is', asking: 90, low: 0.04, high: 0.1 },
    { what: 'rises while less is spent', asking: 2, low: 2, high: 5 },
    { what: 'falls while further hedges ask for more', asking: 4, each: 3, low: 0.04, high: 0.1 },
  ])('$what', ({ low, high, ...spending }) => {
    const budget = budgetWith({ budgetRatio: 0.05 });
    const before = budget.tailRatio;
    spend(budget, 40, spending);
    expect(budget.tailRatio / before).toBeGreaterThan(low);
    expect(budget.tailRatio / before).toBeLessThan(high);
  });

  test('stays while further hedges of the same requests take no more than the room that is left', () => {
    const budget = budgetWith({ budgetRatio: 0.05 });
    const before = budget.tailRatio;
    for (let second = 0; second < 40; second += 2) {
      spend(budget, 2, { asking: 4 });
      budget.withdraw(false);
    }
    expect(budget.tailRatio / before).toBeCloseTo(1, 1);
  });

  test('is no other one after a silence', () => {
    const budget = budgetWith({ budgetRatio: 0.05 });
    spend(budget, 10, { asking: 10 });
    budget.deposit();
    const before = budget.tailRatio;
    jest.advanceTimersByTime(3_600_000);
    budget.deposit();
    expect(budget.tailRatio / before).toBeCloseTo(1, 1);
  });
});

describe('whatever happens', () => {
  /** What was counted in the second that `slot` numbers and the nine before. */
  const countInWindow = (slots: readonly number[], slot: number) =>
    slots.filter((one) => one > slot - 10 && one <= slot).length;

  test.each([
    { seed: 1, budgetRatio: 0.2, budgetFloor: 3 },
    { seed: 2, budgetRatio: 0.05, budgetFloor: 0 },
    { seed: 3, budgetRatio: 1, budgetFloor: 1 },
    { seed: 4, budgetRatio: 0, budgetFloor: 2 },
    { seed: 5, budgetRatio: 0.5, budgetFloor: 0 },
  ])(
    'extras of a window are at most $budgetFloor + $budgetRatio x requests, and none is refused that fits (seed $seed)',
    ({ seed, budgetRatio, budgetFloor }) => {
      const random = createRandom(seed);
      const budget = budgetWith({ budgetRatio, budgetFloor });
      const requests: number[] = [];
      const extras: number[] = [];
      for (let step = 0; step < 3000; step++) {
        const slot = Math.floor(performance.now() / 1_000);
        if (random() < 0.5) {
          budget.deposit();
          requests.push(slot);
        } else {
          const allowed = budgetFloor + budgetRatio * countInWindow(requests, slot);
          const isIn = countInWindow(extras, slot) + 1 <= allowed;
          expect({ step, granted: budget.withdraw() !== undefined }).toEqual({ step, granted: isIn });
          if (isIn) extras.push(slot);
        }
        // Bursts with pauses of up to 15 s between them.
        if (random() < 0.2) jest.advanceTimersByTime(random() < 0.05 ? random() * 15_000 : random() * 1_000);
      }
      expect(requests.length).toBeGreaterThan(1000);
    },
  );
});
