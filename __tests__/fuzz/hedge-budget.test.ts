import { jest } from '@jest/globals';
import fc from 'fast-check';
import { createRandom } from '../../shared/random.ts';
import { LatencyWindow } from '../../src/endpoints/state/latency.ts';
import { HedgeBudget } from '../../src/race/budget.ts';
import { hedgeDelayMs, unsteeredDelayMs } from '../../src/race/delay.ts';
import { bounded, seedTitle } from './seed.ts';

beforeEach(() => void jest.useFakeTimers());
afterEach(() => void jest.useRealTimers());

/** A time in which endpoints take about as long, on average, and requests come about as often. */
interface Phase {
  readonly seconds: number;
  readonly perSecond: number;
  readonly medianMs: number;
  /** How far the times lie apart: 0 not at all, 1 so that 1 % take ten times as long as the median. */
  readonly spread: number;
  /** The part of the requests that take long at every endpoint. */
  readonly heavyRatio: number;
}

interface BudgetRules {
  readonly budgetRatio: number;
  readonly budgetFloor: number;
}

/** The seconds of a run, each with what was counted in it. */
type Seconds = ReadonlyArray<{ requests: number; hedges: number }>;

const options = { delayMs: 'auto', minDelayMs: 1, maxDelayMs: 60_000 } as const;

/** Hedges as the proxy does, over three endpoints of the same kind, but at once: a hedge is asked for in the second of its request. */
function hedgeThrough(phases: readonly Phase[], rules: BudgetRules, seed: number): Seconds {
  const random = createRandom(seed);
  const budget = new HedgeBudget({ ...rules, maxConcurrent: Infinity });
  const endpoints = [new LatencyWindow(), new LatencyWindow(), new LatencyWindow()];
  const seconds: Array<{ requests: number; hedges: number }> = [];
  for (const phase of phases) {
    for (let second = 0; second < phase.seconds; second++) {
      const counted = { requests: phase.perSecond, hedges: 0 };
      for (let request = 0; request < phase.perSecond; request++) counted.hedges += hedgesOf(phase);
      seconds.push(counted);
      jest.advanceTimersByTime(1_000);
    }
  }
  return seconds;

  function hedgesOf(phase: Phase): number {
    budget.deposit();
    const isHeavy = random() < phase.heavyRatio;
    let hedges = 0;
    let startedAt = 0;
    let endsAt = Infinity;
    const attempts: Array<{ latency: LatencyWindow; startedAt: number; endsAt: number }> = [];
    for (const latency of endpoints.toSorted(() => random() - 0.5)) {
      attempts.push({ latency, startedAt, endsAt: startedAt + drawMs(phase, isHeavy) });
      endsAt = Math.min(...attempts.map((attempt) => attempt.endsAt));
      const firstMs = hedgeDelayMs(options, latency, budget.tailRatio);
      startedAt += hedges === 0 ? firstMs : Math.min(firstMs, unsteeredDelayMs(options, latency));
      if (startedAt >= endsAt || attempts.length === endpoints.length || !budget.withdraw(hedges === 0)) break;
      hedges++;
    }
    for (const attempt of attempts) {
      const ms = endsAt - attempt.startedAt;
      if (attempt.endsAt === endsAt) attempt.latency.record(ms);
      else attempt.latency.recordAtLeast(ms, hedgeDelayMs(options, attempt.latency, budget.tailRatio));
    }
    return hedges;
  }

  function drawMs({ medianMs, spread }: Phase, isHeavy: boolean): number {
    const gauss = Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
    return medianMs * Math.exp(spread * gauss) * (isHeavy ? 20 : 1);
  }
}

const sum = (numbers: readonly number[]) => numbers.reduce((total, number) => total + number, 0);
const requestsIn = (seconds: Seconds) => sum(seconds.map(({ requests }) => requests));
const hedgesIn = (seconds: Seconds) => sum(seconds.map(({ hedges }) => hedges));

const medianMs = fc.integer({ min: 1, max: 2_000 });
const anyPhase = fc.record<Phase>({
  seconds: fc.integer({ min: 1, max: 60 }),
  perSecond: fc.oneof(fc.integer({ min: 0, max: 5 }), fc.integer({ min: 0, max: 100 })),
  medianMs,
  spread: fc.double({ min: 0, max: 3, noNaN: true }),
  heavyRatio: fc.constantFrom(0, 0, 0.01, 0.3, 1),
});

describe(`a hedge delay of 'auto' (${seedTitle})`, () => {
  test('spends, in whatever 10 s and however long requests take, no more than the budget', () => {
    const rules = fc.record({
      budgetRatio: fc.oneof(fc.constantFrom(0, 0.02, 0.05, 1), fc.double({ min: 0, max: 2, noNaN: true })),
      budgetFloor: fc.integer({ min: 0, max: 5 }),
    });
    const phases = fc.array(anyPhase, { minLength: 1, maxLength: 6 });
    fc.assert(
      fc.property(phases, rules, fc.nat(), (all, { budgetRatio, budgetFloor }, seed) => {
        const seconds = hedgeThrough(all, { budgetRatio, budgetFloor }, seed);
        for (let end = 1; end <= seconds.length; end++) {
          const window = seconds.slice(Math.max(0, end - 10), end);
          // What was granted stays counted for 10 s, also when the requests that paid for it came earlier.
          if (window.at(-1)?.hedges === 0) continue;
          expect(hedgesIn(window)).toBeLessThanOrEqual(budgetFloor + budgetRatio * requestsIn(window) + 1e-9);
        }
        const floors = budgetFloor * Math.ceil(seconds.length / 10);
        expect(hedgesIn(seconds)).toBeLessThanOrEqual(floors + budgetRatio * requestsIn(seconds) + 1e-9);
      }),
      bounded(150),
    );
  });

  test('comes to spend about four fifths of the budget where there is a tail to spend it on', () => {
    const before = fc.record<Phase>({
      seconds: fc.integer({ min: 0, max: 60 }),
      perSecond: fc.constant(100),
      medianMs,
      spread: fc.double({ min: 0, max: 2, noNaN: true }),
      heavyRatio: fc.constant(0),
    });
    const steady = fc.record<Phase>({
      seconds: fc.constant(300),
      perSecond: fc.constant(100),
      medianMs: fc.integer({ min: 10, max: 1_000 }),
      spread: fc.double({ min: 0.3, max: 2, noNaN: true }),
      heavyRatio: fc.constantFrom(0, 0.01),
    });
    const budgetRatio = fc.constantFrom(0.02, 0.05, 0.1, 0.2);
    fc.assert(
      fc.property(before, steady, budgetRatio, fc.nat(), (first, then, ratio, seed) => {
        const seconds = hedgeThrough([first, then], { budgetRatio: ratio, budgetFloor: 3 }, seed).slice(-150);
        const spent = hedgesIn(seconds) / requestsIn(seconds) / ratio;
        expect(spent).toBeGreaterThan(0.6);
        expect(spent).toBeLessThan(1);
      }),
      bounded(40),
    );
  });
});
