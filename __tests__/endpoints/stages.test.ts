import { jest } from '@jest/globals';
import type { Candidate } from '../../src/endpoints/candidate.ts';
import { type Choice, EndpointStages } from '../../src/endpoints/stages.ts';
import { candidateNamed, eject } from './candidates.ts';
import { coolDown, oneByOne, race } from './started-pool.ts';

beforeEach(() => void jest.useFakeTimers());
afterEach(() => void jest.useRealTimers());

/** Endpoints whose names are one letter each, the tiers parted by blanks. */
function startStages(tiers: string, choice: Choice = oneByOne) {
  const candidates = tiers
    .split(' ')
    .flatMap((names, tier) => [...names].map((name) => ({ ...candidateNamed(name), tier })));
  const stages = new EndpointStages(candidates, choice, 1);
  const named = (name: string) => candidates.find(({ endpoint }) => endpoint.name === name) as Candidate;
  return {
    stages,
    endpoint: (name: string) => named(name).endpoint,
    started: (names: string) => {
      for (const name of names) stages.started(named(name));
    },
    next: (isByTime = false) => namesOf(stages.next(isByTime)?.candidates),
  };
}

const namesOf = (candidates: readonly Candidate[] = []) => candidates.map(({ endpoint }) => endpoint.name).join('');

describe('the stages of a request', () => {
  test('are its tiers, then those that are cooling down, then those that are left out, tier by tier', () => {
    const { next, started, endpoint } = startStages('abc def');
    for (const name of 'be') coolDown(endpoint(name));
    for (const name of 'cf') eject(endpoint(name));
    for (const names of ['a', 'd', 'b', 'e', 'c', 'f', '']) {
      expect(next()).toBe(names);
      started(names);
    }
  });

  test('are told from the last resort', () => {
    const { stages, endpoint } = startStages('ab');
    coolDown(endpoint('b'));
    expect([stages.next(false)?.isTier, stages.next(false)?.isTier]).toEqual([true, false]);
  });

  test('are passed over where nobody may be asked', () => {
    const { next, endpoint } = startStages('a b c');
    endpoint('a').drain();
    coolDown(endpoint('b'));
    expect(next()).toBe('c');
  });

  test('take in whom a stage before had to pass over', () => {
    const { next, endpoint, started } = startStages('ab');
    endpoint('a').drain();
    expect(next()).toBe('b');
    started('b');
    endpoint('a').restore();
    expect(next()).toBe('a');
  });

  test('are no last resort when the next one opens by time', () => {
    const { next, endpoint } = startStages('ab c');
    coolDown(endpoint('b'));
    expect([next(true), next(true), next(true), next()]).toEqual(['a', 'c', '', 'ab']);
  });

  test('are all tiers again in a further round, with those that are left out behind the others', () => {
    const { next, stages, endpoint, started } = startStages('ab c');
    eject(endpoint('a'));
    started('bca');
    stages.beginAgain();
    expect([next(), next(), next()]).toEqual(['ba', 'c', '']);
  });

  test('are without those that are cooling down in a further round', () => {
    const { next, stages, endpoint } = startStages('ab c');
    coolDown(endpoint('a'));
    coolDown(endpoint('c'));
    stages.beginAgain();
    expect([next(), next()]).toEqual(['b', '']);
  });
});

describe('a candidate of a stage', () => {
  test.each([
    ['has been asked', ({ started }: ReturnType<typeof startStages>) => started('a')],
    ['is drained', ({ endpoint }: ReturnType<typeof startStages>) => endpoint('a').drain()],
    ['is cooling down', ({ endpoint }: ReturnType<typeof startStages>) => coolDown(endpoint('a'))],
    ['is left out', ({ endpoint }: ReturnType<typeof startStages>) => eject(endpoint('a'))],
  ])('may not start any more when it %s', (_, act) => {
    const world = startStages('ab');
    const stage = world.stages.next(false);
    act(world);
    expect(stage?.candidates.map(stage.mayStart)).toEqual([false, true]);
  });

  test('may not start when as many have as may', () => {
    const { stages, started } = startStages('abc', { ...oneByOne, max: 2 });
    const stage = stages.next(false);
    started('ab');
    expect(stage?.candidates.map(stage.mayStart)).toEqual([false, false, false]);
  });
});

describe('an endpoint that is left out of a race', () => {
  test('is not while one that is in is drained, and so not asked', () => {
    const { next, endpoint } = startStages('ab', race);
    endpoint('a').drain();
    eject(endpoint('b'));
    expect(next()).toBe('b');
  });

  test('is while one of another tier is in', () => {
    const { next, endpoint, started } = startStages('a b', race);
    eject(endpoint('a'));
    expect(next()).toBe('b');
    started('b');
    expect(next()).toBe('');
  });
});

describe('the time until somebody has cooled down', () => {
  test('is none while one is not cooling down', () => {
    const { stages, endpoint } = startStages('ab');
    coolDown(endpoint('a'));
    expect(stages.coolingMs).toBe(0);
  });

  test('is over when the endpoint is found to have cooled down, by a timer that counts whole milliseconds and may be one too early', () => {
    const { stages, endpoint } = startStages('ab');
    endpoint('a').coolDown(99.5);
    endpoint('b').coolDown(500);
    expect(stages.coolingMs).toBe(101);
    jest.advanceTimersByTime(Math.trunc(stages.coolingMs) - 1);
    expect(stages.coolingMs).toBe(0);
  });

  test('is that of no endpoint that is drained', () => {
    const { stages, endpoint } = startStages('ab');
    endpoint('a').drain();
    endpoint('b').coolDown(100);
    expect(stages.coolingMs).toBe(101);
    endpoint('b').drain();
    expect(stages.coolingMs).toBe(Infinity);
  });
});
