import { jest } from '@jest/globals';
import { Ejection } from '../../../src/endpoints/state/ejection.ts';

beforeEach(() => void jest.useFakeTimers());
afterEach(() => void jest.useRealTimers());

const options = { consecutiveFailures: 5, failureRatio: Infinity, minRequests: 20, baseMs: 1_000, maxMs: 30_000 };

function ejectionAfter(failures: number, overrides: Partial<typeof options> = {}): Ejection {
  const ejection = new Ejection({ ...options, ...overrides });
  for (let i = 0; i < failures; i++) ejection.notReached();
  return ejection;
}

/** Lets the trial that is due start and fail. */
function failTrial(ejection: Ejection): void {
  ejection.attemptStarted();
  ejection.notReached();
}

describe('an endpoint', () => {
  test('is not left out at first', () => {
    expect(ejectionAfter(0)).toMatchObject({ isEjected: false, isTrialDue: false, remainingMs: 0, kind: 'in' });
  });

  test('is left out with the fifth failure in a row', () => {
    const ejection = ejectionAfter(4);
    expect(ejection.isEjected).toBe(false);
    expect(ejection.notReached()).toBe('ejected');
    expect(ejection).toMatchObject({ isEjected: true, isTrialDue: false, remainingMs: 1_000, kind: 'out' });
  });

  test.each([1, 2, 10])('is left out with failure number %d when so many are asked for', (consecutiveFailures) => {
    expect(ejectionAfter(consecutiveFailures - 1, { consecutiveFailures }).isEjected).toBe(false);
    expect(ejectionAfter(consecutiveFailures, { consecutiveFailures }).isEjected).toBe(true);
  });

  test('is not left out when it was reached between the failures', () => {
    const ejection = ejectionAfter(4);
    expect(ejection.reached()).toBeUndefined();
    for (let i = 0; i < 4; i++) expect(ejection.notReached()).toBeUndefined();
    expect(ejection.isEjected).toBe(false);
  });

  test('keeps its count of failures over attempts that say nothing', () => {
    const ejection = ejectionAfter(4);
    ejection.unknown();
    expect(ejection.notReached()).toBe('ejected');
  });

  test('is never left out with ejection: false', () => {
    const ejection = new Ejection(false);
    for (let i = 0; i < 100; i++) expect(ejection.notReached()).toBeUndefined();
    expect(ejection).toMatchObject({ isEjected: false, isTrialDue: false, remainingMs: 0, kind: 'in' });
  });

  test('is left out no longer by failures of attempts that had started before', () => {
    const ejection = ejectionAfter(5);
    jest.advanceTimersByTime(400);
    expect(ejection.notReached()).toBeUndefined();
    expect(ejection.remainingMs).toBe(600);
  });
});

describe('the time that an endpoint is left out', () => {
  test('doubles with each trial that fails, from 1 s up to 30 s', () => {
    const ejection = ejectionAfter(5);
    const lasted: number[] = [];
    for (let i = 0; i < 7; i++) {
      lasted.push(ejection.remainingMs);
      jest.advanceTimersByTime(ejection.remainingMs);
      failTrial(ejection);
    }
    expect(lasted).toEqual([1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000]);
  });

  test('starts anew after the endpoint was restored', () => {
    const ejection = ejectionAfter(5);
    jest.advanceTimersByTime(1_000);
    failTrial(ejection);
    expect(ejection.remainingMs).toBe(2_000);
    ejection.reached();
    for (let i = 0; i < 5; i++) ejection.notReached();
    expect(ejection.remainingMs).toBe(1_000);
  });

  test.each([
    { baseMs: 500, maxMs: 1_500, lasted: [500, 1_000, 1_500, 1_500] },
    { baseMs: 5_000, maxMs: 2_000, lasted: [2_000, 2_000] },
    { baseMs: Infinity, maxMs: 2_000, lasted: [2_000, 2_000] },
  ])('is that of baseMs $baseMs and maxMs $maxMs', ({ lasted, ...limits }) => {
    const ejection = ejectionAfter(5, limits);
    for (const ms of lasted) {
      expect(ejection.remainingMs).toBe(ms);
      jest.advanceTimersByTime(ms);
      failTrial(ejection);
    }
  });

  test('may be for ever', () => {
    const ejection = ejectionAfter(5, { baseMs: Infinity, maxMs: Infinity });
    jest.advanceTimersByTime(1e9);
    expect(ejection).toMatchObject({ isEjected: true, remainingMs: Infinity });
  });
});

describe('a trial', () => {
  test('is due when the time is over, not before', () => {
    const ejection = ejectionAfter(5);
    jest.advanceTimersByTime(999);
    expect(ejection).toMatchObject({ isEjected: true, isTrialDue: false });
    jest.advanceTimersByTime(1);
    expect(ejection).toMatchObject({ isEjected: false, isTrialDue: true, remainingMs: 0 });
  });

  test('is one attempt: while it is under way the endpoint is left out for all others', () => {
    const ejection = ejectionAfter(5);
    jest.advanceTimersByTime(1_000);
    ejection.attemptStarted();
    expect(ejection).toMatchObject({ isEjected: true, isTrialDue: false, kind: 'trial', remainingMs: 0 });
    jest.advanceTimersByTime(60_000);
    ejection.attemptStarted();
    expect(ejection).toMatchObject({ isEjected: true, isTrialDue: false, kind: 'trial' });
  });

  test('is no attempt that starts before it is due', () => {
    const ejection = ejectionAfter(5);
    ejection.attemptStarted();
    expect(ejection.kind).toBe('out');
    jest.advanceTimersByTime(1_000);
    expect(ejection.isTrialDue).toBe(true);
  });

  test('that was cancelled is due again', () => {
    const ejection = ejectionAfter(5);
    jest.advanceTimersByTime(1_000);
    ejection.attemptStarted();
    ejection.unknown();
    expect(ejection).toMatchObject({ isEjected: false, isTrialDue: true });
    failTrial(ejection);
    expect(ejection.remainingMs).toBe(2_000);
  });

  test('that reaches the endpoint restores it', () => {
    const ejection = ejectionAfter(5);
    jest.advanceTimersByTime(1_000);
    ejection.attemptStarted();
    expect(ejection.reached()).toBe('restored');
    expect(ejection).toMatchObject({ isEjected: false, isTrialDue: false, kind: 'in' });
    expect(ejection.reached()).toBeUndefined();
  });

  test('that fails leaves the endpoint out again', () => {
    const ejection = ejectionAfter(5);
    jest.advanceTimersByTime(1_000);
    ejection.attemptStarted();
    expect(ejection.notReached()).toBe('ejected');
    expect(ejection).toMatchObject({ isEjected: true, kind: 'out' });
  });
});

test('an endpoint that is left out is restored by any answer, such as one to an attempt of last resort', () => {
  const ejection = ejectionAfter(5);
  expect(ejection.reached()).toBe('restored');
  expect(ejection.isEjected).toBe(false);
});
