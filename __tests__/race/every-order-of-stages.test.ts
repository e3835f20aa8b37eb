import { jest } from '@jest/globals';
import { createRandom } from '../../shared/random.ts';
import { seed, seedTitle } from '../fuzz/seed.ts';
import { rounds } from '../helpers/thorough.ts';
import { anySetup } from './every-order/any-setup.ts';
import { tell, tellAll } from './every-order/enact.ts';
import { anyStory } from './every-order/stories.ts';
import type { Setup, Stage } from './every-order/world.ts';

// The same model, of races whose candidates come in stages: tiers, the last resort, and rounds of retry after a pause. Time goes from one
// timer to the next, whichever that is.

beforeEach(() => void jest.useFakeTimers());
afterEach(() => void jest.useRealTimers());

const paces = { race: 0, hedge: 100, failover: Infinity } as const;

type Pace = keyof typeof paces;

const plain: Omit<Setup, 'stages'> = {
  stageDelayMs: Infinity,
  kinds: ['usable', 'failure'],
  follows: 'every end',
  preferGraceMs: 2_500,
  loserGraceMs: 0,
};

const tierDelayMs = 1_037;

/** A stage for each word, and a pause for each number; `+` in front of a stage says that it may open by time. */
function stagesOf(words: string, pace: Pace, more: Partial<Stage> = {}): Setup['stages'] {
  const stage = (word: string): Stage => ({
    candidates: word.replace('+', ''),
    delayMs: paces[pace],
    mayHedge: true,
    opensByTime: word.startsWith('+'),
    ...more,
  });
  const [first = '', ...rest] = words.split(' ');
  return [stage(first), ...rest.map((word) => (Number(word) > 0 ? Number(word) : stage(word)))];
}

describe('in every order of values, failures, delays and an abort, a race of stages does as its model', () => {
  test.each<[Pace, string, number]>([
    ['race', 'ab cd', 424],
    ['hedge', 'a b', 56],
    ['hedge', 'ab cd', 3076],
    ['failover', 'ab cd', 76],
    ['failover', 'a b c', 36],
  ])('where the next tier opens after failures, %s over %s: %d orders', async (pace, words, orders) => {
    const stages = stagesOf(words, pace, { opensFor: 'tier' });
    expect(await tellAll({ ...plain, kinds: ['usable', 'unusable', 'failure'], stages })).toBe(orders);
  });

  test.each<[Pace, string, number]>([
    ['race', 'a +b', 59],
    ['race', 'ab +c', 478],
    ['race', 'a +bc', 399],
    ['hedge', 'a +b', 110],
    ['hedge', 'ab +c', 1145],
    ['hedge', 'a +bc', 963],
    ['failover', 'ab +cd', 477],
    ['failover', 'a +b +c', 540],
    ['failover', 'a +b c', 115],
  ])('where it opens by time, too, %s over %s: %d orders', async (pace, words, orders) => {
    const stages = stagesOf(words, pace, { opensFor: 'tier' });
    expect(await tellAll({ ...plain, stageDelayMs: tierDelayMs, stages })).toBe(orders);
  });

  test.each<[Pace, string, number]>([
    ['race', '- -', 1],
    ['race', '- ab', 48],
    ['race', 'aB cD', 22],
    ['hedge', '- ab', 91],
    ['hedge', 'a-b - c', 234],
    ['hedge', 'aB +-c', 208],
    ['hedge', 'A +B c', 126],
    ['failover', '- - a', 8],
    ['failover', 'AB +CD', 50],
    ['failover', 'a +- +b c', 140],
  ])('where some may not start, %s over %s: %d orders', async (pace, words, orders) => {
    expect(await tellAll({ ...plain, stageDelayMs: tierDelayMs, stages: stagesOf(words, pace) })).toBe(orders);
  });

  test.each<[Pace, string, number]>([
    ['race', 'ab 170 ab', 336],
    ['hedge', 'ab 170 ab', 1274],
    ['failover', 'ab 170 ab 170 ab', 234],
    ['failover', 'a 170 - 170 - 170 a', 28],
    ['failover', '- 170 a', 9],
    ['failover', 'a 170 180 a +b', 128],
  ])('with rounds of retry after pauses, %s over %s: %d orders', async (pace, words, orders) => {
    const stages = stagesOf(words, pace, { reason: 'retry' });
    expect(await tellAll({ ...plain, stageDelayMs: tierDelayMs, stages })).toBe(orders);
  });

  test.each<[Pace, string, number]>([
    ['race', 'a b', 34],
    ['race', 'ab c', 210],
    ['race', 'a +b', 161],
    ['hedge', 'a +b', 292],
    ['failover', 'ab c', 89],
    ['failover', 'a +b +c', 2624],
    ['failover', 'a 170 b', 36],
  ])('with lesser values, %s over %s: %d orders', async (pace, words, orders) => {
    const kinds = ['usable', 'lesser', 'failure'] as const;
    const stages = stagesOf(words, pace);
    expect(await tellAll({ ...plain, stageDelayMs: tierDelayMs, kinds, stages })).toBe(orders);
  });

  test.each<[Pace, string, number]>([
    ['race', 'ab', 324],
    ['race', 'a b', 34],
    ['hedge', 'a +b', 646],
    ['failover', 'ab c', 304],
    ['failover', 'a +b', 341],
    ['failover', 'a 170 b', 36],
  ])('with lesser values that may break, %s over %s: %d orders', async (pace, words, orders) => {
    const kinds = ['lesser', 'coming', 'failure'] as const;
    const stages = stagesOf(words, pace);
    expect(await tellAll({ ...plain, stageDelayMs: tierDelayMs, kinds, stages })).toBe(orders);
  });

  test.each<[Pace, number, string, number]>([
    ['race', 23, 'a +b', 75],
    ['race', 23, 'ab c', 106],
    ['hedge', 23, 'a +b', 134],
    ['failover', 23, 'a +b', 75],
    ['failover', Infinity, 'a +b', 67],
  ])('with losers that may go on, %s, for %d ms, over %s: %d orders', async (pace, loserGraceMs, words, orders) => {
    const stages = stagesOf(words, pace);
    expect(await tellAll({ ...plain, stageDelayMs: tierDelayMs, loserGraceMs, stages })).toBe(orders);
  });

  test.each<[Setup['follows'], Pace, string, number]>([
    ['failures', 'race', 'ab c', 298],
    ['failures', 'hedge', 'a +b', 390],
    ['failures', 'failover', 'ab +c', 755],
    ['failures', 'failover', 'a 170 b', 48],
    ['nothing', 'hedge', 'ab +c', 4664],
    ['nothing', 'failover', 'ab +c', 200],
  ])('where one may follow %s, %s over %s: %d orders', async (follows, pace, words, orders) => {
    const kinds = ['usable', 'lesser', 'unusable', 'failure'] as const;
    const stages = stagesOf(words, pace);
    expect(await tellAll({ ...plain, stageDelayMs: tierDelayMs, kinds, follows, stages })).toBe(orders);
  });

  test.each<[Pace, string, number]>([
    ['race', 'ab cd', 69],
    ['hedge', 'ab +cd', 2373],
    ['hedge', 'aB +C', 64],
  ])('where none may start by time but a stage, %s over %s: %d orders', async (pace, words, orders) => {
    const stages = stagesOf(words, pace, { mayHedge: false });
    expect(await tellAll({ ...plain, stageDelayMs: tierDelayMs, stages })).toBe(orders);
  });
});

test(`in some order, any race of stages does as its model (${seedTitle})`, async () => {
  const random = createRandom(seed);
  for (let round = 0; round < rounds(60_000); round++) {
    const setup = anySetup(random);
    await tell(setup, anyStory(setup, random));
  }
});
