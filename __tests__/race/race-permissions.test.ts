import { jest } from '@jest/globals';
import { isPreferred, lesser, namesOf, startRace, unusable } from './started-race.ts';

beforeEach(() => void jest.useFakeTimers());
afterEach(() => void jest.useRealTimers());

describe('mayStart', () => {
  test('passes over a candidate that it refuses', async () => {
    const { attempts } = startRace('abc', 0, { mayStart: (candidate) => candidate !== 'b' });
    await jest.advanceTimersByTimeAsync(0);
    expect(namesOf(attempts)).toBe('ac');
  });

  test('is asked when the attempt is about to start, also of a candidate whose hedge was denied', async () => {
    const refused = new Set<string>();
    const rules = { leaseHedge: () => undefined, mayStart: (candidate: string) => !refused.has(candidate) };
    const { attempts } = startRace('abc', 100, rules);
    await jest.advanceTimersByTimeAsync(100);
    refused.add('b');
    await attempts[0]?.fail();
    expect(namesOf(attempts)).toBe('ac');
  });
});

describe('leaseHedge', () => {
  const lease = { end: () => {} };

  test('that gives none lets no attempt start by time', async () => {
    const { attempts } = startRace('abc', 100, { leaseHedge: () => undefined });
    await jest.advanceTimersByTimeAsync(1000);
    expect(namesOf(attempts)).toBe('a');
    expect(jest.getTimerCount()).toBe(0);
  });

  test('that gives none lets a failure start the next attempt, and loses no candidate', async () => {
    const { attempts } = startRace('abc', 100, { leaseHedge: () => undefined });
    await jest.advanceTimersByTimeAsync(100);
    await attempts[0]?.fail();
    expect(namesOf(attempts)).toBe('ab');
    await attempts[1]?.fail();
    expect(namesOf(attempts)).toBe('abc');
  });

  test('that gives none is asked again after the next start', async () => {
    let count = 0;
    const { attempts } = startRace('abc', 100, { leaseHedge: () => (++count > 1 ? lease : undefined) });
    await jest.advanceTimersByTimeAsync(100);
    await attempts[0]?.fail();
    await jest.advanceTimersByTimeAsync(100);
    expect(namesOf(attempts)).toBe('abc');
    expect(count).toBe(2);
  });

  test('is not asked for the first attempt and not for those after a failure', async () => {
    const leaseHedge = jest.fn(() => lease);
    const { attempts } = startRace('abc', 100, { leaseHedge });
    await attempts[0]?.fail();
    expect(leaseHedge).not.toHaveBeenCalled();
    await jest.advanceTimersByTimeAsync(100);
    expect(leaseHedge).toHaveBeenCalledTimes(1);
  });

  test('is not asked when nobody is left to try', async () => {
    const leaseHedge = jest.fn(() => lease);
    startRace('ab', 100, { leaseHedge });
    await jest.advanceTimersByTimeAsync(1000);
    expect(leaseHedge).toHaveBeenCalledTimes(1);
  });

  test('that gives none ends no race: it is exhausted when the last attempt has ended', async () => {
    const started = startRace('a', 100, { leaseHedge: () => undefined });
    await jest.advanceTimersByTimeAsync(100);
    expect(started.state).toBe('pending');
    await started.attempts[0]?.fail();
    expect(started.state).toEqual({ winner: undefined });
  });
});

describe('the lease of a hedge', () => {
  function startLeased(overrides = {}) {
    const end = jest.fn();
    const started = startRace('abc', 100, { leaseHedge: () => ({ end }), ...overrides });
    return { ...started, end };
  }

  test.each(['succeed', 'fail'] as const)('ends with its attempt, by %s', async (how) => {
    const { attempts, end } = startLeased();
    await jest.advanceTimersByTimeAsync(100);
    expect(end).not.toHaveBeenCalled();
    await attempts[1]?.[how]();
    expect(end).toHaveBeenCalledTimes(1);
  });

  test('ends when its attempt does, though the race is over before', async () => {
    const { attempts, end } = startLeased({ loserGraceMs: Infinity });
    await jest.advanceTimersByTimeAsync(100);
    await attempts[0]?.succeed();
    expect(end).not.toHaveBeenCalled();
    await attempts[1]?.fail();
    expect(end).toHaveBeenCalledTimes(1);
  });

  test('ends at once when no attempt may start any more', async () => {
    const controller = new AbortController();
    const end = jest.fn();
    const leaseHedge = () => {
      controller.abort();
      return { end };
    };
    const { attempts, result } = startRace('ab', 100, { leaseHedge, signal: controller.signal });
    result.catch(() => {});
    await jest.advanceTimersByTimeAsync(100);
    expect(namesOf(attempts)).toBe('a');
    expect(end).toHaveBeenCalledTimes(1);
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
