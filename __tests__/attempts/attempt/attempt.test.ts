import { jest } from '@jest/globals';
import { Attempt } from '../../../src/attempts/attempt/attempt.ts';
import { BalancingProxyError } from '../../../src/errors.ts';
import { candidateNamed } from '../../endpoints/candidates.ts';

beforeEach(() => void jest.useFakeTimers());
afterEach(() => void jest.useRealTimers());

/** An attempt that started 10 ms after its request. */
function startAttempt(): Attempt {
  const requestStartedAt = performance.now();
  jest.advanceTimersByTime(10);
  const candidate = candidateNamed('one');
  return new Attempt({ candidate, reason: 'first', number: 1, requestStartedAt });
}

const lost = new BalancingProxyError('ERR_BRP_CONNECTION_LOST', 'why');
const base = { endpoint: 'one', reason: 'first', startedAfterMs: 10, discardedBytes: 0 };

describe('the record of an attempt', () => {
  test('is pending until the attempt has ended', () => {
    const attempt = startAttempt();
    jest.advanceTimersByTime(5);
    expect(attempt.report()).toEqual({ ...base, outcome: 'pending', durationMs: 5 });
  });

  test('has the status as soon as the head is here', () => {
    const attempt = startAttempt();
    attempt.answered(200);
    expect(attempt.report()).toEqual({ ...base, outcome: 'pending', status: 200, headAfterMs: 0, durationMs: 0 });
  });

  test('keeps the status and the end, whatever comes later', () => {
    const attempt = startAttempt();
    attempt.answered(503);
    jest.advanceTimersByTime(20);
    attempt.end({ outcome: 'unusable', discardedBytes: 7 });
    jest.advanceTimersByTime(20);
    attempt.end({ outcome: 'won' });
    attempt.answered(200);
    expect(attempt.report()).toEqual({
      ...base,
      outcome: 'unusable',
      status: 503,
      headAfterMs: 0,
      durationMs: 20,
      discardedBytes: 7,
    });
  });

  test.each([
    { outcome: 'failed', told: { error: lost } },
    { outcome: 'cancelled', told: {} },
  ] as const)('tells the error of one that has $outcome: $told', ({ outcome, told }) => {
    const attempt = startAttempt();
    attempt.end({ outcome, error: lost });
    expect(attempt.report()).toEqual({ ...base, outcome, durationMs: 0, ...told });
  });
});

describe('an attempt whose body broke off', () => {
  test.each(['won', 'resumed'] as const)('keeps that it has %s, and tells why and where it broke', (outcome) => {
    const attempt = startAttempt();
    jest.advanceTimersByTime(5);
    attempt.answered(200);
    jest.advanceTimersByTime(15);
    attempt.end({ outcome });
    jest.advanceTimersByTime(30);
    attempt.brokeOff(lost, 1_000);
    const brokeOff = { afterMs: 50, atByte: 1_000 };
    const head = { status: 200, headAfterMs: 5 };
    expect(attempt.report()).toEqual({ ...base, outcome, ...head, durationMs: 20, error: lost, brokeOff });
  });

  test('does not end by that', () => {
    const attempt = startAttempt();
    attempt.brokeOff(lost, 1_000);
    expect(attempt.report()).toEqual({ ...base, outcome: 'pending', durationMs: 0 });
  });
});

describe('the time that an endpoint took', () => {
  test('is that until the end', () => {
    const attempt = startAttempt();
    attempt.answered(500);
    jest.advanceTimersByTime(20);
    expect(attempt.end({ outcome: 'unusable' })).toBe(20);
  });

  test('is that until the response was usable, however long it waited for its race', () => {
    const attempt = startAttempt();
    attempt.answered(200);
    jest.advanceTimersByTime(20);
    attempt.becameUsable();
    jest.advanceTimersByTime(100);
    expect(attempt.end({ outcome: 'won' })).toBe(20);
    expect(attempt.report()).toMatchObject({ outcome: 'won', durationMs: 120 });
  });

  test('counts, with that before its start, as the time after which the request had a response', () => {
    const attempt = startAttempt();
    attempt.answered(200);
    jest.advanceTimersByTime(20);
    attempt.becameUsable();
    jest.advanceTimersByTime(100);
    expect(attempt.answeredAfterMs).toBe(30);
    attempt.end({ outcome: 'won' });
    expect(attempt.answeredAfterMs).toBe(30);
  });

  test('ends with the head, where the response was never usable', () => {
    const attempt = startAttempt();
    jest.advanceTimersByTime(20);
    attempt.answered(500);
    jest.advanceTimersByTime(100);
    attempt.end({ outcome: 'unusable' });
    expect(attempt.answeredAfterMs).toBe(30);
  });

  test('is told once', () => {
    const attempt = startAttempt();
    attempt.end({ outcome: 'cancelled' });
    expect(attempt.end({ outcome: 'won' })).toBeUndefined();
  });

  test('takes no note of a response that is usable when the attempt has ended', () => {
    const attempt = startAttempt();
    attempt.answered(200);
    attempt.end({ outcome: 'cancelled' });
    attempt.becameUsable();
    expect(attempt.report()).toMatchObject({ outcome: 'cancelled', status: 200 });
  });
});
