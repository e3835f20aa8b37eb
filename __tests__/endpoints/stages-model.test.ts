import { jest } from '@jest/globals';
import fc from 'fast-check';
import { bounded, seedTitle } from '../fuzz/seed.ts';
import { type Deed, deeds, ends, KnownEndpoint } from './stages-model/known-endpoint.ts';
import { Walk } from './stages-model/walk.ts';

beforeEach(() => void jest.useFakeTimers());
afterEach(() => void jest.useRealTimers());

/** Endpoints of up to three tiers. */
const tiers = fc.array(fc.constantFrom(0, 0, 1, 2), { minLength: 1, maxLength: 6 });

const choice = fc.record({
  order: fc.constantFrom('given', 'random'),
  max: fc.constantFrom(1, 2, 3, Infinity, Infinity),
  isRace: fc.boolean(),
});

/** Something that happens to one of the endpoints, and so much later. */
const change = fc.record({
  number: fc.nat(5),
  deed: fc.oneof(fc.constantFrom<Deed>(...deeds), fc.constant('be refused')),
  laterMs: fc.constantFrom(0, 0, 0, 400, 1_000),
});

type Change = typeof change extends fc.Arbitrary<infer T> ? T : never;

/** What a race does next: go on, go on by time, let an attempt end, or begin another round. */
const move = fc.oneof(
  { weight: 6, arbitrary: fc.record({ kind: fc.constant('go on') }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('open by time') }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('end'), number: fc.nat(5), end: fc.constantFrom(...ends) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('begin again') }) },
);

/** Endpoints to which all of that has happened. */
function endpointsAfter(all: readonly number[], changes: readonly Change[], isRace: boolean): readonly KnownEndpoint[] {
  const endpoints = all.map((tier, number) => new KnownEndpoint(`${number}`, tier, isRace));
  for (const one of changes) happen(endpoints, one);
  return endpoints;
}

function happen(endpoints: readonly KnownEndpoint[], { number, deed, laterMs }: Change): void {
  endpoints[number % endpoints.length]?.befall(deed);
  jest.advanceTimersByTime(laterMs);
}

/** How late an endpoint comes, as things are: behind all tiers when it is cooling down, and behind those when it is left out. */
function rankOf(one: KnownEndpoint, { reference }: Walk, isRace: boolean): number {
  const { tier } = one.candidate;
  if (reference.isFit(one) || (isRace && !reference.isAnyoneIn)) return tier;
  return tier + (reference.isReachable(one) ? 10 : 20);
}

test(`endpoints whose state changes are asked in the stages of the reference (${seedTitle})`, () => {
  const step = fc.oneof({ weight: 2, arbitrary: move }, change);
  const property = fc.property(
    tiers,
    choice,
    fc.array(change),
    fc.array(step, { maxLength: 40 }),
    (all, how, before, steps) => {
      const endpoints = endpointsAfter(all, before, how.isRace);
      const walk = new Walk(endpoints, how);
      for (const one of steps) {
        if ('deed' in one) happen(endpoints, one);
        else if (one.kind === 'go on') walk.goOn();
        else if (one.kind === 'open by time') walk.openNext(true);
        else if (one.kind === 'end') walk.end(one.number, one.end);
        else walk.beginAgain();
      }
    },
  );
  fc.assert(property, bounded(15_000));
});

describe(`endpoints whose state does not change (${seedTitle})`, () => {
  const given = [tiers, choice, fc.array(change, { maxLength: 20 })] as const;

  test('are asked tier by tier, cooling ones after all that are fit, and those that are left out last', () => {
    const property = fc.property(...given, (all, how, before) => {
      const endpoints = endpointsAfter(all, before, how.isRace);
      const walk = new Walk(endpoints, how);
      for (;;) {
        const free = endpoints.filter((one) => walk.reference.mayBeAsked(one));
        const ranks = new Map(free.map((one) => [one, rankOf(one, walk, how.isRace)]));
        const asked = walk.goOn();
        if (!asked) break;
        expect(ranks.get(asked)).toBe(Math.min(...ranks.values()));
      }
    });
    fc.assert(property, bounded(10_000));
  });

  test('are all asked in the end, but for those that are left out of a race that anyone is in', () => {
    const property = fc.property(...given, (all, how, before) => {
      const endpoints = endpointsAfter(all, before, how.isRace);
      const walk = new Walk(endpoints, how);
      const isLeftOut = (one: KnownEndpoint) =>
        how.isRace && walk.reference.isAnyoneIn && !walk.reference.isReachable(one);
      const leftOut = endpoints.filter(isLeftOut);
      while (walk.goOn());
      expect(endpoints.filter((one) => walk.reference.mayBeAsked(one) && !leftOut.includes(one))).toEqual([]);
      expect(leftOut.filter((one) => walk.reference.asked.has(one))).toEqual([]);
    });
    fc.assert(property, bounded(10_000));
  });

  test('are all asked in a further round, tier by tier, but for those that are cooling down', () => {
    const property = fc.property(...given, (all, how, before) => {
      const endpoints = endpointsAfter(all, before, how.isRace);
      const walk = new Walk(endpoints, how);
      walk.beginAgain();
      const asked: KnownEndpoint[] = [];
      for (let one = walk.goOn(); one; one = walk.goOn()) asked.push(one);
      expect(asked.filter(({ isCooling }) => isCooling)).toEqual([]);
      expect(endpoints.filter((one) => walk.reference.mayBeAsked(one) && !one.isCooling)).toEqual([]);
      const tiersAsked = asked.map(({ candidate }) => candidate.tier);
      expect(tiersAsked).toEqual(tiersAsked.toSorted());
    });
    fc.assert(property, bounded(10_000));
  });
});
