import { isDeepStrictEqual } from 'node:util';
import { jest } from '@jest/globals';
import type { AttemptReason, RaceOptions } from '../../src/race/rules.ts';
import { isPreferred, lesser, type StartedRace, startRace, unusable, usable, type Value } from './started-race.ts';

/**
 * Every order in which a race of up to three attempts can go, against a model of it that is written down independently:
 * as a fold over what happens, without timers, promises or signals.
 */

/** An attempt that ends, or something that concerns the whole race. Attempts are their numbers. */
type Happening = End | { readonly kind: 'delay' } | { readonly kind: 'grace' } | { readonly kind: 'abort' };

type EndKind = 'usable' | 'lesser' | 'unusable' | 'failure';

interface End {
  readonly kind: EndKind;
  readonly attempt: number;
}

interface Setup {
  readonly count: number;
  readonly delayMs: number;
  /** How attempts may end. */
  readonly kinds: readonly EndKind[];
  readonly mayHedge: boolean;
  /** After which ends the next attempt may start. */
  readonly follows: 'every end' | 'failures' | 'nothing';
}

/** All that can be seen of a race from outside. */
interface Outcome {
  readonly result: unknown;
  readonly reasons: readonly AttemptReason[];
  readonly discarded: readonly number[];
  readonly aborted: readonly number[];
  readonly timers: number;
  readonly listeners: number;
}

interface Model {
  readonly result: 'pending' | 'exhausted' | 'aborted' | { readonly winner: number };
  /** Why each attempt was started. */
  readonly reasons: readonly AttemptReason[];
  readonly running: readonly number[];
  /** The attempt whose value waits for a better one. */
  readonly held: number | undefined;
  /** Whether the next attempt starts when the delay is over. */
  readonly isTimed: boolean;
  /** Whether it is known that no further attempt starts. */
  readonly isLast: boolean;
  readonly discarded: readonly number[];
  readonly aborted: readonly number[];
}

const nothingYet: Model = {
  result: 'pending',
  reasons: [],
  running: [],
  held: undefined,
  isTimed: false,
  isLast: false,
  discarded: [],
  aborted: [],
};

function predict(setup: Setup, happenings: readonly Happening[]): Model {
  return happenings.reduce((model, happening) => step(model, happening, setup), startNext(nothingYet, 'first', setup));
}

function step(model: Model, happening: Happening, setup: Setup): Model {
  const isPending = model.result === 'pending';
  switch (happening.kind) {
    case 'abort':
      return isPending ? end(model, 'aborted') : model;
    case 'delay':
      return isPending && model.isTimed ? startNext(model, 'hedge', setup) : model;
    case 'grace':
      return endOfGrace(model, setup);
    default:
      return endOfAttempt(model, happening, setup);
  }
}

function endOfAttempt(model: Model, { kind, attempt }: End, setup: Setup): Model {
  const after = { ...model, running: model.running.filter((one) => one !== attempt) };
  const discarded = kind === 'failure' ? model.discarded : [...model.discarded, attempt];
  if (model.result !== 'pending') return { ...after, discarded };
  if (kind === 'usable') return end(after, { winner: attempt });
  if (kind === 'lesser' && model.held === undefined) return follow({ ...after, held: attempt }, kind, setup);
  return follow({ ...after, discarded }, kind, setup);
}

/** The grace is longer than all delays together: whoever they start is started before it is over. */
function endOfGrace(model: Model, setup: Setup): Model {
  if (model.isTimed) return endOfGrace(startNext(model, 'hedge', setup), setup);
  return end({ ...model, held: undefined }, { winner: model.held ?? NaN });
}

function follow(model: Model, kind: EndKind, setup: Setup): Model {
  const mayFollow = setup.follows === 'every end' || (setup.follows === 'failures' && kind === 'failure');
  return mayFollow || model.isLast ? startNext(model, 'failure', setup) : endIfExhausted({ ...model, isLast: true });
}

/** One attempt more, or without a delay as many as may be; when none is left and none runs, the race is exhausted. */
function startNext(model: Model, reason: AttemptReason, setup: Setup): Model {
  const { count, delayMs, mayHedge } = setup;
  const number = model.reasons.length;
  if (number === count || model.isLast) return endIfExhausted({ ...model, isLast: true });
  if ((reason === 'race' || reason === 'hedge') && !mayHedge) return { ...model, isTimed: false };
  const started = {
    ...model,
    reasons: [...model.reasons, reason],
    running: [...model.running, number],
    isTimed: delayMs > 0 && delayMs < Infinity,
  };
  return delayMs === 0 ? startNext(started, 'race', setup) : started;
}

function endIfExhausted(model: Model): Model {
  const untimed = { ...model, isTimed: false };
  if (model.running.length > 0) return untimed;
  return model.held === undefined
    ? end(untimed, 'exhausted')
    : end({ ...untimed, held: undefined }, { winner: model.held });
}

/** What is held when something else decides the race is discarded. */
function end(model: Model, result: Model['result']): Model {
  const discarded = model.held === undefined ? model.discarded : [...model.discarded, model.held];
  return { ...model, result, held: undefined, isTimed: false, discarded, aborted: model.running };
}

function outcomeOf({ result, reasons, held, isTimed, discarded, aborted }: Model): Outcome {
  const timers = (isTimed ? 1 : 0) + (held === undefined ? 0 : 1);
  return { result, reasons, discarded, aborted, timers, listeners: result === 'pending' ? 1 : 0 };
}

function numbersUpTo(count: number): number[] {
  return [...Array(count).keys()];
}

/** Every story: until nothing runs any more, anything that can happen next does. */
function* stories(setup: Setup, told: readonly Happening[] = []): Generator<readonly Happening[]> {
  const { result, running, held } = predict(setup, told);
  const next: Happening[] = running.flatMap((attempt) => setup.kinds.map((kind) => ({ kind, attempt })));
  if (result === 'pending') next.push({ kind: 'abort' });
  // As many delays as attempts are one more than can start something: the last one shows that nothing does.
  if (result === 'pending' && told.filter(({ kind }) => kind === 'delay').length < setup.count) {
    next.push({ kind: 'delay' });
  }
  if (held !== undefined) next.push({ kind: 'grace' });
  if (next.length === 0) yield told;
  for (const happening of next) yield* stories(setup, [...told, happening]);
}

const graceMs = 1e6;
const makeValue = { usable, lesser, unusable };

/** Lets a story happen to a real race, with what can be seen of it after each happening. */
async function enactAll(story: readonly Happening[], setup: Setup): Promise<Outcome[]> {
  const race = startRace(numbersUpTo(setup.count).map(String), setup.delayMs, rulesOf(setup));
  const outcomes: Outcome[] = [];
  for (const happening of story) {
    await enact(race, happening, setup);
    outcomes.push(observe(race));
  }
  return outcomes;
}

function rulesOf({ kinds, mayHedge, follows }: Setup): Partial<RaceOptions<string, Value>> {
  return {
    ...(kinds.includes('lesser') && { isPreferred, preferGraceMs: graceMs }),
    ...(!mayHedge && { leaseHedge: () => undefined }),
    ...(follows !== 'every end' && { mayFollow: (error) => follows === 'failures' && error !== undefined }),
  };
}

async function enact(race: StartedRace, happening: Happening, { delayMs }: Setup): Promise<void> {
  switch (happening.kind) {
    case 'abort':
      return race.abort('aborted');
    case 'delay':
      return void jest.advanceTimersByTime(delayMs > 0 && delayMs < Infinity ? delayMs : 1000);
    case 'grace':
      return jest.advanceTimersByTimeAsync(graceMs);
    case 'failure':
      return race.attempts[happening.attempt]?.fail();
    default:
      return race.attempts[happening.attempt]?.succeed(makeValue[happening.kind](`${happening.attempt}`));
  }
}

function observe(race: StartedRace): Outcome {
  const { attempts, discards, listeners } = race;
  return {
    result: resultOf(race),
    reasons: attempts.map(({ reason }) => reason),
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

async function tellAll(setup: Setup): Promise<number> {
  let told = 0;
  for (const story of stories(setup)) {
    const expected = story.map((_, index) => outcomeOf(predict(setup, story.slice(0, index + 1))));
    const outcomes = await enactAll(story, setup);
    // The comparison of jest takes most of the time; it is asked only for what it says of a difference.
    if (!isDeepStrictEqual(outcomes, expected)) expect({ story, outcomes }).toEqual({ story, outcomes: expected });
    told++;
  }
  return told;
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
    expect(await tellAll({ ...plain, ...setup })).toBe(orders);
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
      expect(await tellAll({ ...plain, kinds: ['usable', 'lesser', 'failure'], ...setup })).toBe(orders);
    },
  );

  test.each([
    { count: 2, delayMs: 0, orders: 84 },
    { count: 3, delayMs: 0, orders: 576 },
    { count: 2, delayMs: 100, orders: 84 },
    { count: 3, delayMs: 100, orders: 576 },
  ])('with $count candidates of which none may start by time, after $delayMs ms: $orders orders', async (row) => {
    const { orders, ...setup } = row;
    expect(await tellAll({ ...plain, mayHedge: false, ...setup })).toBe(orders);
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
      expect(await tellAll({ ...plain, kinds: ['usable', 'lesser', 'unusable', 'failure'], ...setup })).toBe(orders);
    },
  );
});
