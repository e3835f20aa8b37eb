import { jest } from '@jest/globals';
import type { Condition, RaceOptions, RaceStage } from '../../src/race/rules.ts';
import { abortedOf, isPreferred, lesser, namesOf, startRace, unusable, type Value } from './started-race.ts';

beforeEach(() => void jest.useFakeTimers());
afterEach(() => void jest.useRealTimers());

type Next = RaceStage<string> | number | undefined;

/** A stage of candidates that are just names. */
const stageOf = (candidates: string, rules: Partial<RaceStage<string>> = {}): RaceStage<string> => ({
  candidates,
  delayMs: () => Infinity,
  ...rules,
});

/** The rules by which these stages come one after the other. */
function stages(...rest: readonly Next[]) {
  const queue = [...rest];
  const nextStage = jest.fn((_isByTime: boolean): Next => queue.shift());
  return { nextStage } satisfies Partial<RaceOptions<string, Value>>;
}

const reasonsOf = (attempts: ReadonlyArray<{ readonly reason: string }>) => attempts.map(({ reason }) => reason);

describe('the next stage', () => {
  test('opens when the last attempt of the one before has failed, and not before', async () => {
    const { attempts } = startRace('ab', 0, stages(stageOf('cd')));
    await attempts[1]?.fail();
    expect(namesOf(attempts)).toBe('ab');
    await attempts[0]?.fail();
    expect(namesOf(attempts)).toBe('abc');
  });

  test('has a pace of its own', async () => {
    const { attempts } = startRace('a', Infinity, stages(stageOf('bcd', { delayMs: () => 0 }), stageOf('e')));
    await attempts[0]?.fail();
    expect(namesOf(attempts)).toBe('abcd');
  });

  test('opens after an unusable value, too', async () => {
    const { attempts, discards } = startRace('a', Infinity, stages(stageOf('b')));
    await attempts[0]?.succeed(unusable('a'));
    expect(namesOf(attempts)).toBe('ab');
    expect(discards).toHaveLength(1);
  });

  test('is not asked for while anybody is under way, nor when one has won', async () => {
    const { nextStage } = stages(stageOf('b'));
    const { attempts, state } = startRace('ac', 0, { nextStage });
    await attempts[0]?.fail();
    await attempts[1]?.succeed();
    expect(nextStage).not.toHaveBeenCalled();
    expect(state).toBe('pending');
  });

  test('does not open while a usable value is held, which wins instead', async () => {
    const race = startRace('a', Infinity, { ...stages(stageOf('b')), isPreferred, preferGraceMs: 1_000 });
    await race.attempts[0]?.succeed(lesser('a'));
    expect(namesOf(race.attempts)).toBe('a');
    expect(race.state).toEqual({ winner: 'a' });
  });

  test('opens when what was held has broken, and its own values are held for as long as any', async () => {
    let condition: Condition = 'coming';
    const held = { isPreferred, preferGraceMs: 1_000, conditionOf: () => condition };
    const race = startRace('ab', Infinity, { ...stages(stageOf('cd', { delayMs: () => 0 })), ...held });
    await race.attempts[0]?.succeed(lesser('a'));
    condition = 'broken';
    await jest.advanceTimersByTimeAsync(900);
    await race.attempts[1]?.fail();
    expect(namesOf(race.attempts)).toBe('abcd');
    condition = 'whole';
    await race.attempts[2]?.succeed(lesser('c'));
    await jest.advanceTimersByTimeAsync(999);
    expect(race.state).toBe('pending');
    await jest.advanceTimersByTimeAsync(1);
    expect(race.state).toEqual({ winner: 'c' });
  });

  test('does not open when no attempt may follow', async () => {
    const race = startRace('a', Infinity, { ...stages(stageOf('b')), mayFollow: () => false });
    await race.attempts[0]?.fail();
    expect(namesOf(race.attempts)).toBe('a');
    expect(race.state).toEqual({ winner: undefined });
  });

  test('is passed over when nobody of it may start', async () => {
    const { attempts } = startRace(
      'a',
      Infinity,
      stages(stageOf('bc', { mayStart: () => false }), stageOf(''), stageOf('d')),
    );
    await attempts[0]?.fail();
    expect(namesOf(attempts)).toBe('ad');
  });

  test('opens at once when nobody of the first one may start', () => {
    const { attempts } = startRace('a', Infinity, {
      mayStart: () => false,
      ...stages(stageOf('b', { opensFor: 'tier' })),
    });
    expect(namesOf(attempts)).toBe('b');
    expect(reasonsOf(attempts)).toEqual(['first']);
  });

  test('opens once when nobody of the first one may start', () => {
    const { attempts } = startRace('a', Infinity, {
      mayStart: () => false,
      ...stages(stageOf('bc')),
      stageDelayMs: 100,
    });
    expect(namesOf(attempts)).toBe('b');
    expect(jest.getTimerCount()).toBe(1);
  });

  test('exhausts the race when there is none', async () => {
    const race = startRace('a', Infinity, stages(stageOf('b')));
    await race.attempts[0]?.fail();
    await race.attempts[1]?.fail();
    expect(race.state).toEqual({ winner: undefined });
    expect(jest.getTimerCount()).toBe(0);
    expect(race.listeners).toBe(0);
  });

  test('rejects the race when it throws', async () => {
    const nextStage = () => {
      throw new Error('no stage');
    };
    const race = startRace('a', Infinity, { nextStage });
    await race.attempts[0]?.fail();
    expect(race.state).toEqual({ rejected: new Error('no stage') });
  });

  test('rejects the race when it throws after a pause', async () => {
    const nextStage = jest.fn(() => {
      if (nextStage.mock.calls.length > 1) throw new Error('no stage');
      return 100;
    });
    const race = startRace('a', Infinity, { nextStage });
    await race.attempts[0]?.fail();
    await jest.advanceTimersByTimeAsync(100);
    expect(race.state).toEqual({ rejected: new Error('no stage') });
  });

  test.each<[string, Next, boolean]>([
    ['a stage', stageOf('b'), false],
    ['a pause', 100, false],
    ['nothing', undefined, false],
    ['a stage, by time,', stageOf('b'), true],
  ])('changes nothing when %s is given that comes with the end of the race', async (_, next, isByTime) => {
    const controller = new AbortController();
    const nextStage = () => {
      controller.abort('gone');
      return next;
    };
    const close = jest.fn(() => ({ done: true, value: undefined }) as const);
    const candidates = { [Symbol.iterator]: () => Object.assign('a'[Symbol.iterator](), { return: close }) };
    const race = startRace(candidates, Infinity, { nextStage, stageDelayMs: 100, signal: controller.signal });
    if (isByTime) await jest.advanceTimersByTimeAsync(100);
    else await race.attempts[0]?.fail();
    await expect(race.result).rejects.toBe('gone');
    expect(namesOf(race.attempts)).toBe('a');
    expect([jest.getTimerCount(), close.mock.calls.length]).toEqual([0, 1]);
  });

  test('closes its iterator with the race, as all others do that are not used up', async () => {
    const closed: string[] = [];
    const candidates = (name: string, count = 2): Iterable<string> => {
      const names = Array.from({ length: count }, () => name).values();
      return { [Symbol.iterator]: () => ({ next: () => names.next(), return: () => close(name) }) };
    };
    const close = (name: string) => ({ done: true, value: closed.push(name) }) as const;
    const { attempts } = startRace(candidates('a', 1), Infinity, {
      ...stages({ ...stageOf(''), candidates: candidates('b') }, { ...stageOf(''), candidates: candidates('c') }),
      stageDelayMs: 100,
    });
    await attempts[0]?.fail();
    await jest.advanceTimersByTimeAsync(100);
    await attempts[2]?.succeed();
    expect(closed).toEqual(['b', 'c']);
  });
});

describe('a stage that opens by time', () => {
  test('leaves the attempts before alone, and each stage follows its own failures', async () => {
    const race = startRace('ab', Infinity, { ...stages(stageOf('cd')), stageDelayMs: 100 });
    await jest.advanceTimersByTimeAsync(99);
    expect(namesOf(race.attempts)).toBe('a');
    await jest.advanceTimersByTimeAsync(1);
    expect(namesOf(race.attempts)).toBe('ac');
    await race.attempts[0]?.fail();
    expect(namesOf(race.attempts)).toBe('acb');
    await race.attempts[1]?.fail();
    expect(namesOf(race.attempts)).toBe('acbd');
    await race.attempts[3]?.succeed();
    expect(race.state).toEqual({ winner: 'd' });
    expect(abortedOf(race.attempts)).toEqual([false, false, true, false]);
  });

  test('counts from the opening of the one before', async () => {
    const { attempts } = startRace('a', Infinity, { ...stages(stageOf('b'), stageOf('c')), stageDelayMs: 100 });
    await jest.advanceTimersByTimeAsync(60);
    await attempts[0]?.fail();
    await jest.advanceTimersByTimeAsync(99);
    expect(namesOf(attempts)).toBe('ab');
    await jest.advanceTimersByTimeAsync(1);
    expect(namesOf(attempts)).toBe('abc');
  });

  test('is asked for as such, and nothing opens where there is none', async () => {
    const { nextStage } = stages(undefined);
    const { attempts } = startRace('a', Infinity, { nextStage, stageDelayMs: 100 });
    await jest.advanceTimersByTimeAsync(1_000);
    expect(nextStage.mock.calls).toEqual([[true]]);
    expect(namesOf(attempts)).toBe('a');
    await attempts[0]?.fail();
    expect(nextStage.mock.calls).toEqual([[true], [false]]);
  });

  test('does not open while a usable value is held, although others are under way', async () => {
    const rules = { ...stages(stageOf('c')), stageDelayMs: 100, isPreferred, preferGraceMs: 1_000 };
    const race = startRace('ab', 0, rules);
    await race.attempts[0]?.succeed(lesser('a'));
    await jest.advanceTimersByTimeAsync(999);
    expect(namesOf(race.attempts)).toBe('ab');
    await jest.advanceTimersByTimeAsync(1);
    expect(race.state).toEqual({ winner: 'a' });
    expect(jest.getTimerCount()).toBe(0);
  });

  test('opens one delay later when the value that was held has broken', async () => {
    let condition: Condition = 'coming';
    const held = { isPreferred, preferGraceMs: 1_000, conditionOf: () => condition };
    const { attempts } = startRace('ab', 0, { ...stages(stageOf('c')), stageDelayMs: 100, ...held });
    await attempts[0]?.succeed(lesser('a'));
    await jest.advanceTimersByTimeAsync(100);
    condition = 'broken';
    await jest.advanceTimersByTimeAsync(99);
    expect(namesOf(attempts)).toBe('ab');
    await jest.advanceTimersByTimeAsync(1);
    expect(namesOf(attempts)).toBe('abc');
  });

  test('waits for the delay of no race that is over', async () => {
    const { attempts } = startRace('a', Infinity, { ...stages(stageOf('b')), stageDelayMs: 100 });
    await attempts[0]?.succeed();
    expect(jest.getTimerCount()).toBe(0);
  });
});

describe('a pause between stages', () => {
  test('lasts as long as is asked for, then the race asks again', async () => {
    const { nextStage } = stages(250, stageOf('b'));
    const { attempts } = startRace('a', Infinity, { nextStage });
    await attempts[0]?.fail();
    await jest.advanceTimersByTimeAsync(249);
    expect(namesOf(attempts)).toBe('a');
    await jest.advanceTimersByTimeAsync(1);
    expect(namesOf(attempts)).toBe('ab');
    expect(nextStage).toHaveBeenCalledTimes(2);
  });

  test('may come again and again, as long as nobody may start', async () => {
    const nobody = stageOf('b', { mayStart: () => false });
    const { attempts } = startRace('a', Infinity, stages(100, nobody, 100, nobody, 100, stageOf('c')));
    await attempts[0]?.fail();
    await jest.advanceTimersByTimeAsync(300);
    expect(namesOf(attempts)).toBe('ac');
  });

  test('ends with the signal of the race, and leaves no timer behind', async () => {
    const race = startRace('a', Infinity, stages(250, stageOf('b')));
    await race.attempts[0]?.fail();
    await race.abort('gone');
    expect(race.state).toEqual({ rejected: 'gone' });
    expect(jest.getTimerCount()).toBe(0);
  });
});

describe('the reason of a start in a further stage', () => {
  test('is that of the stage for the first one, and that of the pace for the others', async () => {
    const stage = stageOf('bcd', { delayMs: (name) => (name === 'b' ? 0 : 100), opensFor: 'tier' });
    const { attempts } = startRace('a', Infinity, stages(stage));
    await attempts[0]?.fail();
    await jest.advanceTimersByTimeAsync(100);
    expect(reasonsOf(attempts)).toEqual(['first', 'tier', 'race', 'hedge']);
  });

  test('is a failure where the stage names none', async () => {
    const { attempts } = startRace('a', Infinity, stages(stageOf('b')));
    await attempts[0]?.fail();
    expect(reasonsOf(attempts)).toEqual(['first', 'failure']);
  });

  test('is the same for all where the stage says so', async () => {
    const { attempts } = startRace('a', Infinity, stages(stageOf('bc', { reason: 'retry' })));
    await attempts[0]?.fail();
    await attempts[1]?.fail();
    expect(reasonsOf(attempts)).toEqual(['first', 'retry', 'retry']);
  });
});
