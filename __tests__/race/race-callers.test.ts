import { jest } from '@jest/globals';
import { abortedOf, isPreferred, lesser, startRace, unusable } from './started-race.ts';

beforeEach(() => void jest.useFakeTimers());
afterEach(() => void jest.useRealTimers());

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

  test('rejects the race when it is leaseHedge', async () => {
    const started = startRace('ab', 100, { leaseHedge: throwing });
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
