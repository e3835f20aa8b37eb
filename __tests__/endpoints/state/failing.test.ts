import { jest } from '@jest/globals';
import { type CountedAttempt, Ejection } from '../../../src/endpoints/state/ejection.ts';

beforeEach(() => void jest.useFakeTimers());
afterEach(() => void jest.useRealTimers());

const rules = { consecutiveFailures: 5, failureRatio: 0.5, minRequests: 4, baseMs: 1_000, maxMs: 30_000 };

/** An attempt that starts now, of a request that has another endpoint. */
const counted = (hasOthers = true): CountedAttempt => ({
  startedAtMs: performance.now(),
  hasOthers: () => hasOthers,
});

/** Lets so many attempts fail. */
function fail(ejection: Ejection, times = 1, attempt = counted()) {
  let change: ReturnType<Ejection['failed']>;
  for (let i = 0; i < times; i++) change = ejection.failed(attempt);
  return change;
}

function startEjection(overrides: Partial<typeof rules> = {}): Ejection {
  const ejection = new Ejection({ ...rules, ...overrides });
  jest.advanceTimersByTime(1);
  return ejection;
}

function ejectedFor(overrides: Partial<typeof rules> = {}): Ejection {
  const ejection = startEjection(overrides);
  fail(ejection, 4);
  return ejection;
}

/** Waits until the trial is due, and starts it. */
function startTrial(ejection: Ejection): CountedAttempt {
  jest.advanceTimersByTime(ejection.remainingMs);
  ejection.attemptStarted(true);
  return counted();
}

const out = { isEjected: true, isTrialDue: false, kind: 'out', cause: 'failures' };
const back = { isEjected: false, isTrialDue: false, kind: 'in', cause: undefined, remainingMs: 0, lastsMs: 0 };

describe('an endpoint whose attempts fail', () => {
  test('is left out with the failure with which the share is reached', () => {
    const ejection = startEjection();
    ejection.succeeded(counted());
    ejection.succeeded(counted());
    expect(fail(ejection)).toBeUndefined();
    expect(fail(ejection)).toBe('ejected');
    expect(ejection).toMatchObject({ ...out, remainingMs: 1_000, lastsMs: 1_000 });
  });

  test('is not left out by a success, whatever the share is', () => {
    const ejection = startEjection();
    fail(ejection, 3);
    expect(ejection.succeeded(counted())).toBeUndefined();
    expect(ejection).toMatchObject(back);
  });

  test('is not left out by attempts that do not count', () => {
    const ejection = startEjection();
    for (let i = 0; i < 100; i++) expect(ejection.failed()).toBeUndefined();
    expect(fail(ejection, 3)).toBeUndefined();
    expect(ejection).toMatchObject(back);
  });

  test('is not left out by attempts that tell nothing, or only that it was reached, or that it was not', () => {
    const ejection = startEjection();
    for (let i = 0; i < 4; i++) {
      ejection.unknown(counted());
      ejection.reached(counted());
      ejection.notReached(counted());
    }
    expect(fail(ejection, 3)).toBeUndefined();
    expect(fail(ejection)).toBe('ejected');
  });

  test('is not left out when the request has no other, but by the next failure when there is one', () => {
    const ejection = startEjection();
    expect(fail(ejection, 100, counted(false))).toBeUndefined();
    expect(ejection).toMatchObject(back);
    expect(fail(ejection)).toBe('ejected');
  });

  test('is left out for no race', () => {
    const ejection = ejectedFor();
    expect(ejection.standingIn(true)).toMatchObject({ isEjected: false, isTrialDue: false });
    expect(ejection.standingIn(false)).toMatchObject({ isEjected: true, isTrialDue: false });
    jest.advanceTimersByTime(1_000);
    expect(ejection.standingIn(true)).toMatchObject({ isEjected: false, isTrialDue: false });
    expect(ejection.standingIn(false)).toMatchObject({ isEjected: false, isTrialDue: true });
  });

  test.each<[string, Ejection]>([
    ['ejection: false', new Ejection(false)],
    ['no failureRatio', new Ejection({ ...rules, failureRatio: Infinity })],
  ])('is never left out with %s', (_, ejection) => {
    expect(fail(ejection, 100)).toBeUndefined();
    expect(ejection).toMatchObject(back);
  });

  test('is counted anew after it was left out', () => {
    const ejection = ejectedFor();
    ejection.succeeded(startTrial(ejection));
    jest.advanceTimersByTime(1);
    expect(fail(ejection, 3)).toBeUndefined();
    expect(fail(ejection)).toBe('ejected');
    expect(ejection.remainingMs).toBe(1_000);
  });

  test('is counted anew after it could not be reached', () => {
    const ejection = startEjection();
    fail(ejection, 3);
    for (let i = 0; i < 5; i++) ejection.notReached(counted());
    ejection.reached(counted());
    expect(fail(ejection, 3)).toBeUndefined();
    expect(fail(ejection)).toBe('ejected');
  });

  test('is judged no more by attempts that had started before it was left out', () => {
    const ejection = startEjection();
    const before = counted();
    jest.advanceTimersByTime(1);
    fail(ejection, 4);
    expect(ejection.succeeded(before)).toBeUndefined();
    expect(ejection.failed(before)).toBeUndefined();
    expect(ejection).toMatchObject({ ...out, remainingMs: 1_000 });
    startTrial(ejection);
    for (const tell of ['succeeded', 'failed', 'reached', 'notReached', 'unknown'] as const) {
      expect(ejection[tell](before)).toBeUndefined();
      expect(ejection.kind).toBe('trial');
    }
  });

  test('is taken back by a success of last resort', () => {
    const ejection = ejectedFor();
    ejection.attemptStarted(true);
    expect(ejection.kind).toBe('out');
    expect(ejection.succeeded(counted())).toBe('restored');
    expect(ejection).toMatchObject(back);
  });

  test('is left out no longer for failures of last resort', () => {
    const ejection = ejectedFor();
    jest.advanceTimersByTime(400);
    expect(fail(ejection, 10)).toBeUndefined();
    expect(ejection.remainingMs).toBe(600);
  });
});

describe('the trial of an endpoint whose attempts failed', () => {
  test('is one attempt', () => {
    const ejection = ejectedFor();
    startTrial(ejection);
    expect(ejection).toMatchObject({ isEjected: true, isTrialDue: false, kind: 'trial', cause: 'failures' });
  });

  test('is no attempt that does not count', () => {
    const ejection = ejectedFor();
    jest.advanceTimersByTime(1_000);
    ejection.attemptStarted(false);
    expect(ejection).toMatchObject({ isEjected: false, isTrialDue: true, kind: 'out' });
    for (const tell of ['succeeded', 'failed', 'reached', 'notReached', 'unknown'] as const) {
      expect(ejection[tell]()).toBeUndefined();
      expect(ejection.isTrialDue).toBe(true);
    }
  });

  test('takes the endpoint back when it succeeds', () => {
    const ejection = ejectedFor();
    expect(ejection.succeeded(startTrial(ejection))).toBe('restored');
    expect(ejection).toMatchObject(back);
  });

  test.each(['failed', 'notReached'] as const)('doubles the time when the attempt has %s, up to 30 s', (tell) => {
    const ejection = ejectedFor({ consecutiveFailures: Infinity });
    const lasted: number[] = [];
    for (let i = 0; i < 7; i++) {
      lasted.push(ejection.remainingMs);
      expect(ejection.lastsMs).toBe(ejection.remainingMs);
      expect(ejection[tell](startTrial(ejection))).toBe('ejected');
      expect(ejection).toMatchObject(out);
    }
    expect(lasted).toEqual([1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000]);
  });

  test('doubles the time when no other endpoint is there any more, too', () => {
    const ejection = ejectedFor();
    const { startedAtMs } = startTrial(ejection);
    expect(ejection.failed({ startedAtMs, hasOthers: () => false })).toBe('ejected');
    expect(ejection.remainingMs).toBe(2_000);
  });

  test.each(['reached', 'unknown'] as const)('is due again when the attempt tells no more than %s', (tell) => {
    const ejection = ejectedFor();
    expect(ejection[tell](startTrial(ejection))).toBeUndefined();
    expect(ejection).toMatchObject({ isEjected: false, isTrialDue: true, kind: 'out' });
    expect(fail(ejection, 1, startTrial(ejection))).toBe('ejected');
    expect(ejection.remainingMs).toBe(2_000);
  });

  test('that was under way when an operator took the endpoint back tells nothing any more', () => {
    const ejection = ejectedFor();
    const trial = startTrial(ejection);
    jest.advanceTimersByTime(1);
    expect(ejection.restore()).toBe('restored');
    expect(ejection).toMatchObject(back);
    expect(ejection.failed(trial)).toBeUndefined();
    expect(ejection).toMatchObject(back);
  });
});

describe('an endpoint that fails and then cannot be reached', () => {
  /** Left out for failures, and for connection failures of others, too. */
  function ejectedForBoth(): Ejection {
    const ejection = ejectedFor();
    jest.advanceTimersByTime(500);
    for (let i = 0; i < 5; i++) ejection.notReached();
    return ejection;
  }

  test('is left out for a race, too', () => {
    const ejection = ejectedForBoth();
    expect(ejection).toMatchObject({ ...out, cause: 'unreachable', remainingMs: 1_000, lastsMs: 1_000 });
    expect(ejection.standingIn(true).isEjected).toBe(true);
  });

  test('is left out until both times are over', () => {
    const ejection = ejectedFor({ baseMs: 10_000 });
    expect(ejection.failed(startTrial(ejection))).toBe('ejected');
    jest.advanceTimersByTime(5_000);
    for (let i = 0; i < 5; i++) ejection.notReached();
    expect(ejection).toMatchObject({ cause: 'unreachable', lastsMs: 15_000, remainingMs: 15_000 });
    jest.advanceTimersByTime(10_000);
    expect(ejection.standingIn(true)).toMatchObject({ isEjected: false, isTrialDue: true });
    expect(ejection).toMatchObject({ isEjected: true, isTrialDue: false });
    jest.advanceTimersByTime(5_000);
    expect(ejection).toMatchObject({ isEjected: false, isTrialDue: true });
  });

  test('is left out for its failures still when a race has reached it', () => {
    const ejection = ejectedForBoth();
    expect(ejection.failed()).toBeUndefined();
    expect(ejection).toMatchObject({ ...out, remainingMs: 500 });
    expect(ejection.standingIn(true).isEjected).toBe(false);
  });

  test('is left out for longer when its trial is answered badly', () => {
    const ejection = ejectedForBoth();
    expect(ejection.failed(startTrial(ejection))).toBe('ejected');
    expect(ejection).toMatchObject({ ...out, remainingMs: 2_000 });
  });

  test('is taken back when its trial is answered well', () => {
    const ejection = ejectedForBoth();
    expect(ejection.succeeded(startTrial(ejection))).toBe('restored');
    expect(ejection).toMatchObject(back);
  });

  test('is left out for longer, for both, when its trial does not reach it', () => {
    const ejection = ejectedForBoth();
    expect(ejection.notReached(startTrial(ejection))).toBe('ejected');
    expect(ejection).toMatchObject({ ...out, cause: 'unreachable', remainingMs: 2_000 });
  });

  test('is taken back by an operator for both', () => {
    const ejection = ejectedForBoth();
    expect(ejection.restore()).toBe('restored');
    expect(ejection).toMatchObject(back);
    expect(ejection.restore()).toBeUndefined();
  });
});
