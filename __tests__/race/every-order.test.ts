import { jest } from '@jest/globals';
import { type StartedRace, startRace } from './started-race.ts';

/**
 * Every order in which a race of up to three attempts can go, against a model of it that is written down independently:
 * as a fold over what happens, without timers, promises or signals.
 */

/** An attempt that ends, or something that concerns the whole race. Attempts are their numbers. */
type Happening = End | { readonly kind: 'delay' } | { readonly kind: 'abort' };

interface End {
  readonly kind: 'usable' | 'unusable' | 'failure';
  readonly attempt: number;
}

interface Setup {
  readonly count: number;
  readonly delayMs: number;
}

/** All that can be seen of a race from outside. */
interface Outcome {
  readonly result: unknown;
  readonly started: number;
  readonly discarded: readonly number[];
  readonly aborted: readonly number[];
  readonly timers: number;
  readonly listeners: number;
}

interface Model {
  readonly result: 'pending' | 'exhausted' | 'aborted' | { readonly winner: number };
  readonly started: number;
  readonly running: readonly number[];
  /** Whether it was found out that there are no more candidates. */
  readonly isNobodyLeft: boolean;
  readonly discarded: readonly number[];
  readonly aborted: readonly number[];
}

const nothingYet: Model = {
  result: 'pending',
  started: 0,
  running: [],
  isNobodyLeft: false,
  discarded: [],
  aborted: [],
};

function predict(setup: Setup, happenings: readonly Happening[]): Model {
  return happenings.reduce((model, happening) => step(model, happening, setup), startNext(nothingYet, setup));
}

function step(model: Model, happening: Happening, setup: Setup): Model {
  const isPending = model.result === 'pending';
  if (happening.kind === 'abort') return isPending ? end(model, 'aborted') : model;
  if (happening.kind === 'delay') return isPending && setup.delayMs < Infinity ? startNext(model, setup) : model;
  const { kind, attempt } = happening;
  const after = { ...model, running: model.running.filter((one) => one !== attempt) };
  if (isPending && kind === 'usable') return end(after, { winner: attempt });
  const discarded = kind === 'failure' ? after.discarded : [...after.discarded, attempt];
  return isPending ? startNext({ ...after, discarded }, setup) : { ...after, discarded };
}

/** One attempt more, or all of them without a delay; when none is left and none runs, the race is exhausted. */
function startNext(model: Model, { count, delayMs }: Setup): Model {
  const started = delayMs === 0 ? count : Math.min(model.started + 1, count);
  const running = [...model.running, ...numbersUpTo(started).slice(model.started)];
  const isNobodyLeft = delayMs === 0 || started === model.started;
  const result = isNobodyLeft && running.length === 0 ? 'exhausted' : model.result;
  return { ...model, result, started, running, isNobodyLeft };
}

function end(model: Model, result: Model['result']): Model {
  return { ...model, result, aborted: model.running };
}

function outcomeOf({ result, started, isNobodyLeft, discarded, aborted }: Model, { delayMs }: Setup): Outcome {
  const isPending = result === 'pending';
  const isTimed = isPending && !isNobodyLeft && delayMs < Infinity;
  return { result, started, discarded, aborted, timers: isTimed ? 1 : 0, listeners: isPending ? 1 : 0 };
}

function numbersUpTo(count: number): number[] {
  return [...Array(count).keys()];
}

/** Every story: until nothing runs any more, anything that can happen next does. */
function* stories(setup: Setup, told: readonly Happening[] = []): Generator<readonly Happening[]> {
  const { result, running } = predict(setup, told);
  const next: Happening[] = running.flatMap((attempt) => [
    { kind: 'usable', attempt },
    { kind: 'unusable', attempt },
    { kind: 'failure', attempt },
  ]);
  if (result === 'pending') next.push({ kind: 'abort' });
  // As many delays as attempts are one more than can start something: the last one shows that nothing does.
  if (result === 'pending' && told.filter(({ kind }) => kind === 'delay').length < setup.count) {
    next.push({ kind: 'delay' });
  }
  if (next.length === 0) yield told;
  for (const happening of next) yield* stories(setup, [...told, happening]);
}

/** Lets a story happen to a real race, with what can be seen of it after each happening. */
async function enactAll(story: readonly Happening[], setup: Setup): Promise<Outcome[]> {
  const race = startRace(numbersUpTo(setup.count).map(String), setup.delayMs);
  const outcomes: Outcome[] = [];
  for (const happening of story) {
    await enact(race, happening, setup);
    outcomes.push(observe(race));
  }
  return outcomes;
}

async function enact(race: StartedRace, happening: Happening, { delayMs }: Setup): Promise<void> {
  if (happening.kind === 'abort') return race.abort('aborted');
  if (happening.kind === 'delay') {
    jest.advanceTimersByTime(delayMs > 0 && delayMs < Infinity ? delayMs : 1000);
    return;
  }
  const attempt = race.attempts[happening.attempt];
  if (happening.kind === 'failure') return attempt?.fail();
  return attempt?.succeed({ name: `${happening.attempt}`, usable: happening.kind === 'usable' });
}

function observe(race: StartedRace): Outcome {
  const { attempts, discards, listeners } = race;
  return {
    result: resultOf(race),
    started: attempts.length,
    discarded: discards.map(({ value }) => Number(value.name)),
    aborted: numbersUpTo(attempts.length).filter((attempt) => attempts[attempt]?.signal.aborted),
    timers: jest.getTimerCount(),
    listeners,
  };
}

function resultOf({ state }: StartedRace): unknown {
  if (state === 'pending') return state;
  if ('rejected' in state) return state.rejected;
  return state.winner === undefined ? 'exhausted' : { winner: Number(state.winner) };
}

beforeEach(() => void jest.useFakeTimers());
afterEach(() => void jest.useRealTimers());

describe('in every order of values, failures, delays and an abort, a race does as its model', () => {
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
    let told = 0;
    for (const story of stories(setup)) {
      const expected = story.map((_, index) => outcomeOf(predict(setup, story.slice(0, index + 1)), setup));
      expect({ story, outcomes: await enactAll(story, setup) }).toEqual({ story, outcomes: expected });
      told++;
    }
    expect(told).toBe(orders);
  });
});
