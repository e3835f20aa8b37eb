import { jest } from '@jest/globals';
import { Race } from '../../src/race/race.ts';
import { abortedOf, namesOf, settled, startRace, unusable } from './started-race.ts';

beforeEach(() => void jest.useFakeTimers());
afterEach(() => void jest.useRealTimers());

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
    const winner = await new Race<string, number>({
      candidates: ['a'],
      signal: new AbortController().signal,
      start: async () => 0,
      isUsable: () => true,
      delayMs: () => 0,
      discard: () => {},
    }).run();
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

describe('the reason of a start', () => {
  const reasonsOf = (attempts: ReadonlyArray<{ readonly reason: string }>) => attempts.map(({ reason }) => reason);

  test('is that it is the first, or that it starts at once beside the first', () => {
    const { attempts } = startRace('abc', 0);
    expect(reasonsOf(attempts)).toEqual(['first', 'race', 'race']);
  });

  test('is the delay or the failure that came before it', async () => {
    const { attempts } = startRace('abcd', 100);
    await jest.advanceTimersByTimeAsync(100);
    await attempts[0]?.fail();
    await jest.advanceTimersByTimeAsync(100);
    expect(reasonsOf(attempts)).toEqual(['first', 'hedge', 'failure', 'hedge']);
  });

  test('is a failure, too, after a value that is not usable', async () => {
    const { attempts } = startRace('ab', Infinity);
    await attempts[0]?.succeed(unusable('a'));
    expect(reasonsOf(attempts)).toEqual(['first', 'failure']);
  });

  test('is the race for those that start at once beside one that a failure has started', async () => {
    const { attempts } = startRace('abc', (latest) => (latest === 'a' ? Infinity : 0));
    await attempts[0]?.fail();
    expect(reasonsOf(attempts)).toEqual(['first', 'failure', 'race']);
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
