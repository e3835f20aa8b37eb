import { jest } from '@jest/globals';
import type { Condition } from '../../src/race/rules.ts';
import { abortedOf, isPreferred, lesser, namesOf, startRace, unusable, type Value } from './started-race.ts';

beforeEach(() => void jest.useFakeTimers());
afterEach(() => void jest.useRealTimers());

describe('the grace of the losers', () => {
  test('passes before they are aborted', async () => {
    const { attempts } = startRace('abc', 0, { loserGraceMs: 5 });
    await attempts[0]?.succeed();
    expect(abortedOf(attempts)).toEqual([false, false, false]);
    await jest.advanceTimersByTimeAsync(4);
    expect(abortedOf(attempts)).toEqual([false, false, false]);
    await jest.advanceTimersByTimeAsync(1);
    expect(abortedOf(attempts)).toEqual([false, true, true]);
  });

  test('holds nothing up: the winner is known at once', async () => {
    const started = startRace('ab', 0, { loserGraceMs: 5 });
    await started.attempts[0]?.succeed();
    expect(started.state).toEqual({ winner: 'a' });
  });

  test('is one timer for all of them, which ends with the last one', async () => {
    const { attempts } = startRace('abc', 0, { loserGraceMs: 5 });
    await attempts[0]?.succeed();
    expect(jest.getTimerCount()).toBe(1);
    await attempts[1]?.succeed();
    expect(jest.getTimerCount()).toBe(1);
    await attempts[2]?.fail();
    expect(jest.getTimerCount()).toBe(0);
  });

  test('lets their values come to discard with their handle unfired', async () => {
    const { attempts, discards } = startRace('ab', 0, { loserGraceMs: 5 });
    await attempts[0]?.succeed();
    await attempts[1]?.succeed();
    expect(discards).toEqual([{ value: { name: 'b', usable: true }, wasAborted: false }]);
  });

  test('needs no timer when nobody else is running', async () => {
    const { attempts } = startRace('ab', Infinity, { loserGraceMs: 5 });
    await attempts[0]?.succeed();
    expect(jest.getTimerCount()).toBe(0);
  });

  test('starts no further attempt', async () => {
    const { attempts } = startRace('abc', 3, { loserGraceMs: 5 });
    await jest.advanceTimersByTimeAsync(3);
    await attempts[0]?.succeed();
    await attempts[1]?.fail();
    await jest.advanceTimersByTimeAsync(100);
    expect(namesOf(attempts)).toBe('ab');
  });

  test('of Infinity never aborts them', async () => {
    const { attempts } = startRace('ab', 0, { loserGraceMs: Infinity });
    await attempts[0]?.succeed();
    await jest.advanceTimersByTimeAsync(1e9);
    expect(abortedOf(attempts)).toEqual([false, false]);
    expect(jest.getTimerCount()).toBe(0);
  });

  test('is cut short when the signal fires', async () => {
    const { attempts, abort } = startRace('ab', 0, { loserGraceMs: 5 });
    await attempts[0]?.succeed();
    await abort('gone');
    expect(abortedOf(attempts)).toEqual([false, true]);
    expect(jest.getTimerCount()).toBe(0);
  });

  test.each([
    ['is over', () => jest.advanceTimersByTimeAsync(5)],
    ['is not needed any more', ({ attempts }: ReturnType<typeof startRace>) => attempts[1]?.fail()],
  ])('leaves no listener on the signal when it %s', async (_, end) => {
    const started = startRace('ab', 0, { loserGraceMs: 5 });
    await started.attempts[0]?.succeed();
    expect(started.listeners).toBe(1);
    await end(started);
    expect(started.listeners).toBe(0);
  });

  test('is not given when the race ends without a winner', async () => {
    const { attempts, abort } = startRace('ab', 0, { loserGraceMs: 5 });
    await abort('gone');
    expect(abortedOf(attempts)).toEqual([true, true]);
  });
});

describe('a usable value that is not preferred', () => {
  const rules = { isPreferred, preferGraceMs: 50 };

  test('wins when its grace is over', async () => {
    const started = startRace('abc', 0, rules);
    await started.attempts[1]?.succeed(lesser('b'));
    await jest.advanceTimersByTimeAsync(49);
    expect(started.state).toBe('pending');
    await jest.advanceTimersByTimeAsync(1);
    expect(started.state).toEqual({ winner: 'b' });
    expect(abortedOf(started.attempts)).toEqual([true, false, true]);
    expect(started.discards).toEqual([]);
  });

  test('wins in the next turn without a grace', async () => {
    const started = startRace('ab', 0, { isPreferred });
    await started.attempts[0]?.succeed(lesser('a'));
    expect(started.state).toBe('pending');
    await jest.advanceTimersByTimeAsync(0);
    expect(started.state).toEqual({ winner: 'a' });
  });

  test('is beaten by a preferred one that comes within the grace', async () => {
    const started = startRace('abc', 0, rules);
    await started.attempts[0]?.succeed(lesser('a'));
    await jest.advanceTimersByTimeAsync(49);
    await started.attempts[2]?.succeed();
    expect(started.state).toEqual({ winner: 'c' });
    expect(started.discards).toEqual([{ value: lesser('a'), wasAborted: false }]);
    expect([jest.getTimerCount(), started.listeners]).toEqual([0, 0]);
  });

  test('wins at once when nothing else is left to come', async () => {
    const started = startRace('ab', 0, rules);
    await started.attempts[0]?.succeed(lesser('a'));
    await started.attempts[1]?.fail();
    expect(started.state).toEqual({ winner: 'a' });
    expect(jest.getTimerCount()).toBe(0);
  });

  test('wins at once when it is the only one', async () => {
    const started = startRace('a', 100, rules);
    await started.attempts[0]?.succeed(lesser('a'));
    expect(started.state).toEqual({ winner: 'a' });
    expect(jest.getTimerCount()).toBe(0);
  });

  test('waits as long as it takes with a grace of Infinity', async () => {
    const started = startRace('ab', 0, { isPreferred, preferGraceMs: Infinity });
    await started.attempts[0]?.succeed(lesser('a'));
    await jest.advanceTimersByTimeAsync(1e9);
    expect(started.state).toBe('pending');
    await started.attempts[1]?.fail();
    expect(started.state).toEqual({ winner: 'a' });
  });

  test('starts the next attempt at once, from which the delay counts anew', async () => {
    const { attempts } = startRace('abc', 30, rules);
    await jest.advanceTimersByTimeAsync(20);
    await attempts[0]?.succeed(lesser('a'));
    expect(namesOf(attempts)).toBe('ab');
    await jest.advanceTimersByTimeAsync(29);
    expect(namesOf(attempts)).toBe('ab');
    await jest.advanceTimersByTimeAsync(1);
    expect(namesOf(attempts)).toBe('abc');
  });

  test('is discarded when another one is held already', async () => {
    const started = startRace('abc', 0, rules);
    await started.attempts[2]?.succeed(lesser('c'));
    await jest.advanceTimersByTimeAsync(40);
    await started.attempts[0]?.succeed(lesser('a'));
    expect(started.discards).toEqual([{ value: lesser('a'), wasAborted: false }]);
    await jest.advanceTimersByTimeAsync(10);
    expect(started.state).toEqual({ winner: 'c' });
  });

  test('is discarded when the signal fires', async () => {
    const started = startRace('ab', 0, rules);
    await started.attempts[0]?.succeed(lesser('a'));
    await started.abort('gone');
    expect(started.state).toEqual({ rejected: 'gone' });
    expect(started.discards).toEqual([{ value: lesser('a'), wasAborted: false }]);
    expect(abortedOf(started.attempts)).toEqual([false, true]);
    expect([jest.getTimerCount(), started.listeners]).toEqual([0, 0]);
  });

  test('is discarded when it comes after the end', async () => {
    const started = startRace('ab', 0, rules);
    await started.attempts[0]?.succeed();
    await started.attempts[1]?.succeed(lesser('b'));
    expect(started.discards).toEqual([{ value: lesser('b'), wasAborted: true }]);
    expect(jest.getTimerCount()).toBe(0);
  });

  test('is looked for among the usable ones only', async () => {
    const asked: string[] = [];
    const started = startRace('ab', 0, {
      isPreferred: ({ name }) => {
        asked.push(name);
        return true;
      },
    });
    await started.attempts[0]?.succeed(unusable('a'));
    await started.attempts[1]?.succeed();
    expect(asked).toEqual(['b']);
  });
});

describe('a value that is held and may break', () => {
  const conditions = new Map<string, Condition>();
  const rules = {
    isPreferred,
    preferGraceMs: 50,
    conditionOf: ({ name }: Value): Condition => conditions.get(name) ?? 'coming',
  };
  beforeEach(() => conditions.clear());

  test('gives way to the next one when it is broken at the end of its grace', async () => {
    const started = startRace('abc', 0, rules);
    await started.attempts[0]?.succeed(lesser('a'));
    await started.attempts[1]?.succeed(lesser('b'));
    conditions.set('a', 'broken');
    await jest.advanceTimersByTimeAsync(50);
    expect(started.state).toEqual({ winner: 'b' });
    expect(started.discards).toEqual([{ value: lesser('a'), wasAborted: false }]);
    expect([jest.getTimerCount(), started.listeners]).toEqual([0, 0]);
  });

  test('lets the race go on when it was the only one, and the next one has a grace of its own', async () => {
    const started = startRace('ab', 0, rules);
    await started.attempts[0]?.succeed(lesser('a'));
    conditions.set('a', 'broken');
    await jest.advanceTimersByTimeAsync(50);
    expect([started.state, started.discards.length]).toEqual(['pending', 1]);
    await started.attempts[1]?.succeed(lesser('b'));
    expect(started.state).toEqual({ winner: 'b' });
    expect(jest.getTimerCount()).toBe(0);
  });

  test('exhausts the race when nothing else is left', async () => {
    const started = startRace('a', 0, rules);
    conditions.set('a', 'broken');
    await started.attempts[0]?.succeed(lesser('a'));
    expect(started.state).toEqual({ winner: undefined });
    expect(started.discards).toEqual([{ value: lesser('a'), wasAborted: false }]);
    expect([jest.getTimerCount(), started.listeners]).toEqual([0, 0]);
  });

  test('is discarded along with all others when a preferred one comes', async () => {
    const started = startRace('abc', 0, rules);
    await started.attempts[0]?.succeed(lesser('a'));
    await started.attempts[1]?.succeed(lesser('b'));
    await started.attempts[2]?.succeed();
    expect(started.state).toEqual({ winner: 'c' });
    expect(started.discards.map(({ value }) => value.name)).toEqual(['a', 'b']);
  });
});
