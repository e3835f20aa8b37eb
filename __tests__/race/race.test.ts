import { jest } from '@jest/globals';
import { race } from '../../src/race/race.ts';
import type { Condition } from '../../src/race/rules.ts';
import { isPreferred, lesser, settled, startRace, unusable, type Value } from './started-race.ts';

beforeEach(() => void jest.useFakeTimers());
afterEach(() => void jest.useRealTimers());

const namesOf = (attempts: ReadonlyArray<{ readonly candidate: string }>) =>
  attempts.map(({ candidate }) => candidate).join('');
const abortedOf = (attempts: ReadonlyArray<{ readonly signal: AbortSignal }>) =>
  attempts.map(({ signal }) => signal.aborted);

describe('the start of attempts', () => {
  test('is at once for all of them with a delay of 0', () => {
    const { attempts } = startRace('abc', 0);
    expect(namesOf(attempts)).toBe('abc');
  });

  test('is without a tick of waiting for the first one', () => {
    const { attempts } = startRace('abc', Infinity);
    expect(namesOf(attempts)).toBe('a');
  });

  test('never comes by time alone with a delay of Infinity', async () => {
    const { attempts } = startRace('abc', Infinity);
    await jest.advanceTimersByTimeAsync(1e9);
    expect(namesOf(attempts)).toBe('a');
    expect(jest.getTimerCount()).toBe(0);
  });

  test('comes the delay after the latest start', async () => {
    const { attempts } = startRace('abc', 100);
    await jest.advanceTimersByTimeAsync(99);
    expect(namesOf(attempts)).toBe('a');
    await jest.advanceTimersByTimeAsync(1);
    expect(namesOf(attempts)).toBe('ab');
    await jest.advanceTimersByTimeAsync(99);
    expect(namesOf(attempts)).toBe('ab');
    await jest.advanceTimersByTimeAsync(1);
    expect(namesOf(attempts)).toBe('abc');
  });

  test('comes after a delay that each candidate has for itself', async () => {
    const { attempts } = startRace('abcd', (latest) => ({ a: 10, b: 0, c: 50 })[latest] ?? Infinity);
    await jest.advanceTimersByTimeAsync(10);
    expect(namesOf(attempts)).toBe('abc');
    await jest.advanceTimersByTimeAsync(50);
    expect(namesOf(attempts)).toBe('abcd');
  });

  test.each([
    ['a failure', 'fail'],
    ['an unusable value', 'succeed'],
  ] as const)('comes at once after %s, from which the delay counts anew', async (_, end) => {
    const { attempts } = startRace('abc', 100);
    await jest.advanceTimersByTimeAsync(60);
    await attempts[0]?.[end](unusable('a'));
    expect(namesOf(attempts)).toBe('ab');
    await jest.advanceTimersByTimeAsync(99);
    expect(namesOf(attempts)).toBe('ab');
    await jest.advanceTimersByTimeAsync(1);
    expect(namesOf(attempts)).toBe('abc');
  });

  test('comes at once after the failure of an attempt that is not the latest', async () => {
    const { attempts } = startRace('abc', 100);
    await jest.advanceTimersByTimeAsync(100);
    await attempts[0]?.fail();
    expect(namesOf(attempts)).toBe('abc');
  });

  test('comes once for each failure with a delay of Infinity', async () => {
    const { attempts } = startRace('abcd', Infinity);
    await attempts[0]?.fail();
    expect(namesOf(attempts)).toBe('ab');
    await attempts[1]?.fail();
    expect(namesOf(attempts)).toBe('abc');
  });

  test('comes no more when the race is over', async () => {
    const { attempts } = startRace('abc', 100);
    await jest.advanceTimersByTimeAsync(100);
    await attempts[0]?.succeed();
    await attempts[1]?.fail();
    await jest.advanceTimersByTimeAsync(1000);
    expect(namesOf(attempts)).toBe('ab');
  });
});

describe('the winner', () => {
  test('is the first usable value', async () => {
    const { attempts, result } = startRace('abc', 0);
    await attempts[1]?.succeed();
    await attempts[0]?.succeed();
    await expect(result).resolves.toMatchObject({ value: { name: 'b' } });
  });

  test('comes with its abort handle, which is not fired', async () => {
    const { attempts, result } = startRace('abc', 0);
    await attempts[1]?.succeed();
    const winner = await result;
    expect(winner?.abort.signal).toBe(attempts[1]?.signal);
    expect(winner?.abort.signal.aborted).toBe(false);
  });

  test('may come from an attempt that was overtaken by later ones', async () => {
    const started = startRace('ab', 100);
    await jest.advanceTimersByTimeAsync(100);
    await started.attempts[0]?.succeed();
    expect(started.state).toEqual({ winner: 'a' });
  });

  test('may be the last one after all others failed', async () => {
    const started = startRace('abc', 0);
    await started.attempts[0]?.fail();
    await started.attempts[1]?.succeed(unusable('b'));
    await started.attempts[2]?.succeed();
    expect(started.state).toEqual({ winner: 'c' });
  });

  test('may be a value that is falsy', async () => {
    const winner = await race<string, number>({
      candidates: ['a'],
      signal: new AbortController().signal,
      start: async () => 0,
      isUsable: () => true,
      delayMs: () => 0,
      discard: () => {},
    });
    expect(winner?.value).toBe(0);
  });
});

describe('the losers', () => {
  test('see their signals fire when the winner is known', async () => {
    const { attempts } = startRace('abc', 0);
    await attempts[1]?.succeed();
    expect(abortedOf(attempts)).toEqual([true, false, true]);
  });

  test('hand a value that comes late to discard', async () => {
    const { attempts, discards } = startRace('ab', 0);
    await attempts[0]?.succeed();
    await attempts[1]?.succeed();
    expect(discards).toEqual([{ value: { name: 'b', usable: true }, wasAborted: true }]);
  });

  test('may fail late without any effect', async () => {
    const started = startRace('ab', 0);
    await started.attempts[0]?.succeed();
    await started.attempts[1]?.fail();
    expect(started.discards).toEqual([]);
    expect(started.state).toEqual({ winner: 'a' });
  });

  test('hand an unusable value to discard with their handle unfired', async () => {
    const { attempts, discards } = startRace('ab', 0);
    await attempts[0]?.succeed(unusable('a'));
    expect(discards).toEqual([{ value: { name: 'a', usable: false }, wasAborted: false }]);
  });

  test('that were discarded keep their handle unfired when another one wins', async () => {
    const { attempts } = startRace('abc', 0);
    await attempts[0]?.succeed(unusable('a'));
    await attempts[1]?.succeed();
    expect(abortedOf(attempts)).toEqual([false, false, true]);
  });
});

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

describe('the reason of a start', () => {
  const reasonsOf = (attempts: ReadonlyArray<{ readonly reason: string }>) => attempts.map(({ reason }) => reason);

  test('is that it is the first, or that the delay of 0 is over', () => {
    const { attempts } = startRace('abc', 0);
    expect(reasonsOf(attempts)).toEqual(['first', 'delay', 'delay']);
  });

  test('is the delay or the failure that came before it', async () => {
    const { attempts } = startRace('abcd', 100);
    await jest.advanceTimersByTimeAsync(100);
    await attempts[0]?.fail();
    await jest.advanceTimersByTimeAsync(100);
    expect(reasonsOf(attempts)).toEqual(['first', 'delay', 'failure', 'delay']);
  });

  test('is a failure, too, after a value that is not usable', async () => {
    const { attempts } = startRace('ab', Infinity);
    await attempts[0]?.succeed(unusable('a'));
    expect(reasonsOf(attempts)).toEqual(['first', 'failure']);
  });

  test('is the delay of 0 for those that a failure starts along with the next one', async () => {
    const { attempts } = startRace('abc', (latest) => (latest === 'a' ? Infinity : 0));
    await attempts[0]?.fail();
    expect(reasonsOf(attempts)).toEqual(['first', 'failure', 'delay']);
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

describe('mayStart', () => {
  test('passes over a candidate that it refuses', async () => {
    const { attempts } = startRace('abc', 0, { mayStart: (candidate) => candidate !== 'b' });
    await jest.advanceTimersByTimeAsync(0);
    expect(namesOf(attempts)).toBe('ac');
  });

  test('is asked when the attempt is about to start, also of a candidate whose hedge was denied', async () => {
    const refused = new Set<string>();
    const rules = { mayHedge: () => false, mayStart: (candidate: string) => !refused.has(candidate) };
    const { attempts } = startRace('abc', 100, rules);
    await jest.advanceTimersByTimeAsync(100);
    refused.add('b');
    await attempts[0]?.fail();
    expect(namesOf(attempts)).toBe('ac');
  });
});

describe('mayHedge', () => {
  test('that says no lets no attempt start by time', async () => {
    const { attempts } = startRace('abc', 100, { mayHedge: () => false });
    await jest.advanceTimersByTimeAsync(1000);
    expect(namesOf(attempts)).toBe('a');
    expect(jest.getTimerCount()).toBe(0);
  });

  test('that says no lets a failure start the next attempt, and loses no candidate', async () => {
    const { attempts } = startRace('abc', 100, { mayHedge: () => false });
    await jest.advanceTimersByTimeAsync(100);
    await attempts[0]?.fail();
    expect(namesOf(attempts)).toBe('ab');
    await attempts[1]?.fail();
    expect(namesOf(attempts)).toBe('abc');
  });

  test('that says no is asked again after the next start', async () => {
    let count = 0;
    const { attempts } = startRace('abc', 100, { mayHedge: () => ++count > 1 });
    await jest.advanceTimersByTimeAsync(100);
    await attempts[0]?.fail();
    await jest.advanceTimersByTimeAsync(100);
    expect(namesOf(attempts)).toBe('abc');
    expect(count).toBe(2);
  });

  test('is not asked for the first attempt and not for those after a failure', async () => {
    const mayHedge = jest.fn(() => true);
    const { attempts } = startRace('abc', 100, { mayHedge });
    await attempts[0]?.fail();
    expect(mayHedge).not.toHaveBeenCalled();
    await jest.advanceTimersByTimeAsync(100);
    expect(mayHedge).toHaveBeenCalledTimes(1);
  });

  test('is not asked when nobody is left to try', async () => {
    const mayHedge = jest.fn(() => true);
    startRace('ab', 100, { mayHedge });
    await jest.advanceTimersByTimeAsync(1000);
    expect(mayHedge).toHaveBeenCalledTimes(1);
  });

  test('that says no ends no race: it is exhausted when the last attempt has ended', async () => {
    const started = startRace('a', 100, { mayHedge: () => false });
    await jest.advanceTimersByTimeAsync(100);
    expect(started.state).toBe('pending');
    await started.attempts[0]?.fail();
    expect(started.state).toEqual({ winner: undefined });
  });
});

describe('mayFollow', () => {
  test('that says no lets no further attempt start, neither at once nor by time', async () => {
    const started = startRace('abc', 100, { mayFollow: () => false });
    await jest.advanceTimersByTimeAsync(100);
    await started.attempts[0]?.fail();
    await jest.advanceTimersByTimeAsync(1000);
    expect(namesOf(started.attempts)).toBe('ab');
    expect(jest.getTimerCount()).toBe(0);
    await started.attempts[1]?.succeed();
    expect(started.state).toEqual({ winner: 'b' });
  });

  test('that says no exhausts a race in which nothing runs any more', async () => {
    const started = startRace('abc', Infinity, { mayFollow: () => false });
    await started.attempts[0]?.fail();
    expect(started.state).toEqual({ winner: undefined });
    expect(started.listeners).toBe(0);
  });

  test.each([
    { what: 'the error of a failure', end: 'fail', told: expect.objectContaining({ message: 'a failed' }) },
    { what: 'undefined for a value that is not usable', end: 'succeed', told: undefined },
  ] as const)('is told $what', async ({ end, told }) => {
    const mayFollow = jest.fn(() => true);
    const { attempts } = startRace('ab', Infinity, { mayFollow });
    await attempts[0]?.[end](unusable('a'));
    expect(mayFollow.mock.calls).toEqual([[told]]);
    expect(namesOf(attempts)).toBe('ab');
  });

  test('that says no lets a value that is held win at once', async () => {
    const started = startRace('abc', Infinity, { isPreferred, preferGraceMs: 50, mayFollow: () => false });
    await started.attempts[0]?.succeed(lesser('a'));
    expect(started.state).toEqual({ winner: 'a' });
    expect(namesOf(started.attempts)).toBe('a');
  });

  test('that said no once is not asked again', async () => {
    const mayFollow = jest.fn(() => false);
    const { attempts } = startRace('abc', (latest) => (latest === 'a' ? 0 : 100), { mayFollow });
    await attempts[0]?.fail();
    await attempts[1]?.fail();
    expect(mayFollow).toHaveBeenCalledTimes(1);
  });
});

describe('a race without a usable value', () => {
  test('is exhausted only when the last attempt has ended', async () => {
    const started = startRace('abc', 0);
    await started.attempts[2]?.fail();
    await started.attempts[0]?.succeed(unusable('a'));
    expect(started.state).toBe('pending');
    await started.attempts[1]?.fail();
    expect(started.state).toEqual({ winner: undefined });
  });

  test('is exhausted at once without candidates', async () => {
    const started = startRace([], 100);
    await expect(started.result).resolves.toBeUndefined();
    expect(started.listeners).toBe(0);
  });

  test('stays pending, without a timer, while the last attempt hangs', async () => {
    const started = startRace('ab', 100);
    await jest.advanceTimersByTimeAsync(1000);
    expect(started.state).toBe('pending');
    expect(jest.getTimerCount()).toBe(0);
  });
});

describe('the signal of a race', () => {
  test('that has fired before lets no attempt start', async () => {
    const reason = new Error('gone');
    const started = startRace('abc', 0, { signal: AbortSignal.abort(reason) });
    await expect(started.result).rejects.toBe(reason);
    expect(started.attempts).toEqual([]);
  });

  test('ends it with its reason and fires every attempt', async () => {
    const reason = new Error('gone');
    const { attempts, result, abort } = startRace('abcd', 100);
    await jest.advanceTimersByTimeAsync(200);
    void abort(reason);
    await expect(result).rejects.toBe(reason);
    expect(abortedOf(attempts)).toEqual([true, true, true]);
    expect(jest.getTimerCount()).toBe(0);
  });

  test('leaves the winner alone when it fires after the end', async () => {
    const { attempts, abort } = startRace('ab', 0);
    await attempts[0]?.succeed();
    await abort();
    expect(attempts[0]?.signal.aborted).toBe(false);
  });

  test('sends values that come after it to discard', async () => {
    const { attempts, discards, abort, result } = startRace('ab', 0);
    await abort(new Error('gone'));
    await attempts[0]?.succeed();
    expect(discards).toEqual([{ value: { name: 'a', usable: true }, wasAborted: true }]);
    await expect(result).rejects.toThrow('gone');
  });

  test.each(['candidates', 'start', 'delayMs', 'mayHedge'] as const)('may be fired from within %s', async (place) => {
    const controller = new AbortController();
    const gone = new Error('gone');
    const signals: AbortSignal[] = [];
    const abortIn = (here: string) => here === place && controller.abort(gone);
    function* candidates() {
      for (const name of 'abc') {
        abortIn('candidates');
        yield name;
      }
    }
    const { result } = startRace(candidates(), 100, {
      signal: controller.signal,
      start: (_, handle) => {
        signals.push(handle.signal);
        abortIn('start');
        return new Promise(() => {});
      },
      delayMs: () => {
        abortIn('delayMs');
        return 100;
      },
      mayHedge: () => {
        abortIn('mayHedge');
        return true;
      },
    });
    result.catch(() => {});
    await jest.advanceTimersByTimeAsync(100);
    await expect(result).rejects.toBe(gone);
    expect(signals.map(({ aborted }) => aborted)).toEqual(place === 'candidates' ? [] : [true]);
    expect(jest.getTimerCount()).toBe(0);
  });
});

describe("a caller's function that throws", () => {
  const oops = new Error('oops');
  const throwing = (): never => {
    throw oops;
  };

  test('rejects the race and fires what runs when it is isUsable', async () => {
    const started = startRace('abc', 0, { isUsable: throwing });
    await started.attempts[1]?.succeed();
    expect(started.state).toEqual({ rejected: oops });
    expect(abortedOf(started.attempts)).toEqual([true, true, true]);
    expect(started.listeners).toBe(0);
  });

  test('rejects the race and fires what runs when it is discard', async () => {
    const started = startRace('abc', 0, { discard: throwing });
    await started.attempts[1]?.succeed(unusable('b'));
    expect(started.state).toEqual({ rejected: oops });
    expect(abortedOf(started.attempts)).toEqual([true, true, true]);
    expect(started.listeners).toBe(0);
  });

  test('changes nothing when it is discard after the race', async () => {
    const started = startRace('ab', 0, { discard: throwing });
    await started.attempts[0]?.succeed();
    await started.attempts[1]?.succeed();
    expect(started.state).toEqual({ winner: 'a' });
  });

  test('rejects the race and fires what runs when it is isPreferred', async () => {
    const started = startRace('ab', 0, { isPreferred: throwing });
    await started.attempts[1]?.succeed();
    expect(started.state).toEqual({ rejected: oops });
    expect(abortedOf(started.attempts)).toEqual([true, true]);
  });

  test('rejects the race when it is mayHedge', async () => {
    const started = startRace('ab', 100, { mayHedge: throwing });
    await jest.advanceTimersByTimeAsync(100);
    expect(started.state).toEqual({ rejected: oops });
    expect(abortedOf(started.attempts)).toEqual([true]);
  });

  test('rejects the race when it is mayFollow', async () => {
    const started = startRace('abc', (latest) => (latest === 'a' ? 0 : 100), { mayFollow: throwing });
    await started.attempts[0]?.fail();
    expect(started.state).toEqual({ rejected: oops });
    expect(abortedOf(started.attempts)).toEqual([false, true]);
    expect(jest.getTimerCount()).toBe(0);
  });

  test.each([
    { end: 'a win', act: (started: ReturnType<typeof startRace>) => started.attempts[1]?.succeed(), state: 'winner' },
    { end: 'an abort', act: (started: ReturnType<typeof startRace>) => started.abort('gone'), state: 'rejected' },
  ])('changes nothing when it is discard of a value that was held until $end', async ({ act, state }) => {
    const started = startRace('ab', 0, { isPreferred, preferGraceMs: 50, discard: throwing });
    await started.attempts[0]?.succeed(lesser('a'));
    await act(started);
    expect(started.state).toEqual({ [state]: state === 'winner' ? 'b' : 'gone' });
    expect(abortedOf(started.attempts)).toEqual([false, state === 'rejected']);
    expect([jest.getTimerCount(), started.listeners]).toEqual([0, 0]);
  });

  test('rejects the race when it is delayMs, at the start', async () => {
    const started = startRace('abc', throwing);
    await expect(started.result).rejects.toBe(oops);
    expect(abortedOf(started.attempts)).toEqual([true]);
    expect(started.listeners).toBe(0);
  });

  test('rejects the race when it is delayMs, after a delay', async () => {
    const started = startRace('abc', (latest) => (latest === 'a' ? 100 : throwing()));
    await jest.advanceTimersByTimeAsync(100);
    expect(started.state).toEqual({ rejected: oops });
    expect(abortedOf(started.attempts)).toEqual([true, true]);
    expect(jest.getTimerCount()).toBe(0);
  });

  test('rejects the race when it is start', async () => {
    const started = startRace('abc', 0, { start: throwing });
    await expect(started.result).rejects.toBe(oops);
    expect(started.listeners).toBe(0);
  });

  test('rejects the race when it makes the iterator', async () => {
    const started = startRace({ [Symbol.iterator]: throwing }, 0);
    await expect(started.result).rejects.toBe(oops);
    expect(started.listeners).toBe(0);
  });

  test('rejects the race when it is the next of the iterator', async () => {
    function* candidates() {
      yield 'a';
      throwing();
    }
    const started = startRace(candidates(), Infinity);
    await started.attempts[0]?.fail();
    expect(started.state).toEqual({ rejected: oops });
    expect(started.listeners).toBe(0);
  });

  test('changes nothing when it is the return of the iterator', async () => {
    const iterator = { next: () => ({ value: 'a' }), return: throwing };
    const started = startRace({ [Symbol.iterator]: () => iterator }, 100);
    await jest.advanceTimersByTimeAsync(100);
    await started.attempts[0]?.succeed();
    expect(started.state).toEqual({ winner: 'a' });
    expect(abortedOf(started.attempts)).toEqual([false, true]);
  });
});

describe('the candidates', () => {
  function countingCandidates() {
    const log: string[] = [];
    function* candidates() {
      try {
        for (const name of 'abc') {
          log.push(name);
          yield name;
        }
      } finally {
        log.push('returned');
      }
    }
    return { log, candidates: candidates() };
  }

  test('are pulled one at a time, when an attempt is about to start', async () => {
    const { log, candidates } = countingCandidates();
    const { attempts } = startRace(candidates, Infinity);
    expect(log).toEqual(['a']);
    await attempts[0]?.fail();
    expect(log).toEqual(['a', 'b']);
  });

  test('may be endless', async () => {
    function* endless() {
      for (;;) yield 'again';
    }
    const started = startRace(endless(), 100);
    await jest.advanceTimersByTimeAsync(450);
    await started.attempts[4]?.succeed();
    expect(started.attempts).toHaveLength(5);
    expect(started.state).toEqual({ winner: 'again' });
  });

  test('are asked no more once the race is over', async () => {
    let asked = 0;
    const iterator = { next: () => ({ value: `${asked++}` }) };
    const { attempts } = startRace({ [Symbol.iterator]: () => iterator }, 100);
    await jest.advanceTimersByTimeAsync(100);
    await attempts[0]?.succeed();
    await attempts[1]?.fail();
    expect(asked).toBe(2);
  });

  test('are asked no more once they said that they are done', async () => {
    let asked = 0;
    const iterator = { next: () => (asked++ < 2 ? { value: 'a' } : { done: true as const, value: undefined }) };
    const { attempts } = startRace({ [Symbol.iterator]: () => iterator }, 0);
    await attempts[0]?.fail();
    await attempts[1]?.fail();
    expect(asked).toBe(3);
  });

  test.each(['a win', 'an abort'])('are told by return() that %s has ended the race', async (end) => {
    const { log, candidates } = countingCandidates();
    const { attempts, abort, result } = startRace(candidates, Infinity);
    result.catch(() => {});
    await (end === 'a win' ? attempts[0]?.succeed() : abort());
    expect(log).toEqual(['a', 'returned']);
  });

  test('are told by return() even if the signal has fired before the start', async () => {
    let returned = 0;
    const iterator = { next: () => ({ value: 'a' }), return: () => ({ done: true as const, value: ++returned }) };
    const { result } = startRace({ [Symbol.iterator]: () => iterator }, 0, { signal: AbortSignal.abort() });
    await expect(result).rejects.toThrow();
    expect(returned).toBe(1);
  });
});

describe('nothing is left behind', () => {
  test.each([
    ['a win', (race: ReturnType<typeof startRace>) => race.attempts[0]?.succeed()],
    ['an abort', (race: ReturnType<typeof startRace>) => race.abort()],
    [
      'exhaustion',
      async (race: ReturnType<typeof startRace>) => {
        for (const index of [0, 1, 2]) await race.attempts[index]?.fail();
      },
    ],
  ])('by %s: no timer and no listener', async (_, end) => {
    const started = startRace('abc', 100);
    started.result.catch(() => {});
    await settled(() => {});
    expect([jest.getTimerCount(), started.listeners]).toEqual([1, 1]);
    await end(started);
    expect(started.state).not.toBe('pending');
    expect([jest.getTimerCount(), started.listeners]).toEqual([0, 0]);
  });
});
