import { jest } from '@jest/globals';
import { callAfter } from '../../src/support/timer.ts';

const dayMs = 24 * 3_600_000;

beforeEach(() => void jest.useFakeTimers());
afterEach(() => void jest.useRealTimers());

describe('callAfter', () => {
  test.each([1, 24, 30, 60])('calls after %d days, which may be more than a timer can keep', (days) => {
    const callback = jest.fn();
    callAfter(days * dayMs, callback);
    jest.advanceTimersByTime(days * dayMs - 1);
    expect(callback).not.toHaveBeenCalled();
    jest.advanceTimersByTime(1);
    expect(callback).toHaveBeenCalledTimes(1);
  });

  test.each([0, 40])('leaves no timer behind when it is stopped after %d days', (days) => {
    const cancel = callAfter(60 * dayMs, () => {});
    jest.advanceTimersByTime(days * dayMs);
    cancel();
    expect(jest.getTimerCount()).toBe(0);
  });
});
