import { jest } from '@jest/globals';
import { FailureWindow } from '../../../src/endpoints/state/failure-window.ts';

beforeEach(() => void jest.useFakeTimers());
afterEach(() => void jest.useRealTimers());

const windowOf = (failureRatio: number, minRequests = 20) => new FailureWindow({ failureRatio, minRequests });

/** Counts so many attempts, of which the first ones have failed. */
function count(window: FailureWindow, attempts: number, failures: number): void {
  for (let i = 0; i < attempts; i++) window.count(i < failures);
}

describe('the share of failures', () => {
  test('is not too much before there is an attempt', () => {
    expect(windowOf(0.5).isTooMuch).toBe(false);
  });

  test.each([1, 2, 20, 50])(
    'is not too much with fewer than %d attempts, when so many are asked for',
    (minRequests) => {
      const window = windowOf(0.5, minRequests);
      count(window, minRequests - 1, minRequests - 1);
      expect(window.isTooMuch).toBe(false);
      window.count(true);
      expect(window.isTooMuch).toBe(true);
    },
  );

  test.each([
    { failureRatio: 0.5, attempts: 20, failures: 9, isTooMuch: false },
    { failureRatio: 0.5, attempts: 20, failures: 10, isTooMuch: true },
    { failureRatio: 1, attempts: 100, failures: 99, isTooMuch: false },
    { failureRatio: 1, attempts: 100, failures: 100, isTooMuch: true },
    { failureRatio: 0.05, attempts: 20, failures: 0, isTooMuch: false },
    { failureRatio: 0.05, attempts: 20, failures: 1, isTooMuch: true },
    { failureRatio: 0.55, attempts: 100, failures: 55, isTooMuch: true },
    { failureRatio: 0.07, attempts: 100, failures: 7, isTooMuch: true },
  ])('of $failures in $attempts is measured by $failureRatio: $isTooMuch', ({ attempts, failures, ...expected }) => {
    const window = windowOf(expected.failureRatio);
    count(window, attempts, failures);
    expect(window.isTooMuch).toBe(expected.isTooMuch);
  });

  test('is that of the last 30 to 60 s where there are attempts enough', () => {
    const window = windowOf(0.5);
    count(window, 100, 100);
    jest.advanceTimersByTime(29_999);
    count(window, 100, 0);
    expect(window.isTooMuch).toBe(true);
    jest.advanceTimersByTime(1);
    count(window, 40, 0);
    expect(window.isTooMuch).toBe(false);
    jest.advanceTimersByTime(30_000);
    count(window, 40, 30);
    expect(window.isTooMuch).toBe(false);
    jest.advanceTimersByTime(30_000);
    expect(window.isTooMuch).toBe(true);
  });

  test('is that of the last attempts, however old, where they are few', () => {
    const window = windowOf(0.5);
    for (let i = 0; i < 20; i++) {
      jest.advanceTimersByTime(60_000);
      window.count(i % 2 === 0);
    }
    expect(window.isTooMuch).toBe(true);
    for (let i = 0; i < 40; i++) {
      jest.advanceTimersByTime(60_000);
      window.count(false);
    }
    expect(window.isTooMuch).toBe(false);
  });

  test('is of no account any more after a day without attempts', () => {
    const window = windowOf(0.5);
    count(window, 20, 20);
    jest.advanceTimersByTime(24 * 3_600_000);
    expect(window.isTooMuch).toBe(false);
  });

  test('is counted anew after a reset', () => {
    const window = windowOf(0.5);
    count(window, 100, 100);
    window.reset();
    expect(window.isTooMuch).toBe(false);
    count(window, 19, 19);
    expect(window.isTooMuch).toBe(false);
    window.count(true);
    expect(window.isTooMuch).toBe(true);
  });
});
