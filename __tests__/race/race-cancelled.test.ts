import { jest } from '@jest/globals';
import { abortedOf, startRace } from './started-race.ts';

beforeEach(() => void jest.useFakeTimers());
afterEach(() => void jest.useRealTimers());

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

  test.each(['candidates', 'start', 'delayMs', 'leaseHedge'] as const)('may be fired from within %s', async (place) => {
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
      leaseHedge: () => {
        abortIn('leaseHedge');
        return { end: () => {} };
      },
    });
    result.catch(() => {});
    await jest.advanceTimersByTimeAsync(100);
    await expect(result).rejects.toBe(gone);
    expect(signals.map(({ aborted }) => aborted)).toEqual(place === 'candidates' ? [] : [true]);
    expect(jest.getTimerCount()).toBe(0);
  });
});
