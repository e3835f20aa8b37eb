import fc from 'fast-check';
import { type Fate, fate } from './fates.ts';

/** An endpoint, with what becomes of its attempts one after the other, over and over again. */
const endpoint = fc.record({
  tier: fc.constantFrom(0, 0, 1, 2),
  maxInFlight: fc.constantFrom(1, 2, 100, 100, 100),
  fates: fc.array(fate, { minLength: 1, maxLength: 4 }) satisfies fc.Arbitrary<Fate[]>,
});

const options = fc.record({
  strategy: fc.constantFrom('race', 'hedge', 'failover', 'single'),
  unsafeMethods: fc.constantFrom('single', 'failover', 'race'),
  hedge: fc.record({ delayMs: fc.constantFrom(2, 20), budgetRatio: fc.constantFrom(0, 1) }),
  maxAttempts: fc.constantFrom(1, 2, 3, 10, 10, 10),
  tierDelayMs: fc.constantFrom(0, 10, 50, Infinity, Infinity, Infinity),
  retry: fc.record({ forMs: fc.constantFrom(0, 200, 2_000), everyMs: fc.constantFrom(30, 250, 600, 600) }),
  order: fc.constantFrom('given', 'random', 'fastest'),
  loserGraceMs: fc.constantFrom(0, 5, 100),
  preferStatuses: fc.constantFrom('200', '100,200,300,400', '100,200,300,400'),
  preferGraceMs: fc.constantFrom(1, 50, Infinity),
  ejection: fc.constantFrom(false, { consecutiveFailures: 1, baseMs: 100 }, { consecutiveFailures: 3, baseMs: 1_000 }),
  timeouts: fc.record({ responseMs: fc.constant(100), totalMs: fc.constantFrom(150, Infinity, Infinity, Infinity) }),
});

/** Some requests, each so long after the one before. */
const requests = fc.array(
  fc.record({ method: fc.constantFrom('GET', 'POST'), afterMs: fc.constantFrom(0, 0, 10, 200, 2_000) }),
  { minLength: 1, maxLength: 4 },
);

export const scenario = fc.record({
  endpoints: fc.array(endpoint, { minLength: 1, maxLength: 5 }),
  options,
  requests,
});

export type Scenario = typeof scenario extends fc.Arbitrary<infer T> ? T : never;
