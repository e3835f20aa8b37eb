import { jest } from '@jest/globals';
import { RecentSlots, secondsOf, slotCount, slotMs } from '../../../../src/observers/dashboard/history/recent-slots.ts';

beforeEach(() => void jest.useFakeTimers());
afterEach(() => void jest.useRealTimers());

function createSlots(): RecentSlots<{ count: number }> {
  return new RecentSlots(() => ({ count: 0 }));
}

const countsOf = (slots: RecentSlots<{ count: number }>, last?: number) => slots.last(last).map((slot) => slot?.count);

describe('RecentSlots', () => {
  test('counts within one slot together, and apart in the next one', () => {
    const slots = createSlots();
    slots.current.count++;
    slots.current.count++;
    jest.advanceTimersByTime(slotMs);
    slots.current.count++;
    expect(countsOf(slots, 3)).toEqual([undefined, 2, 1]);
  });

  test('leaves slots empty in which nothing was counted', () => {
    const slots = createSlots();
    slots.current.count++;
    jest.advanceTimersByTime(2 * slotMs);
    expect(countsOf(slots, 4)).toEqual([undefined, 1, undefined, undefined]);
  });

  test('forgets a slot after a minute', () => {
    const slots = createSlots();
    slots.current.count++;
    jest.advanceTimersByTime((slotCount - 1) * slotMs);
    expect(countsOf(slots)[0]).toBe(1);
    jest.advanceTimersByTime(slotMs);
    expect(countsOf(slots).filter((count) => count !== undefined)).toEqual([]);
  });
});

describe('secondsOf', () => {
  test('gives the time of the slots before and what has passed of the current one', () => {
    jest.advanceTimersByTime(10 * slotMs + 500);
    expect(secondsOf(5)).toBe((4 * slotMs + 500) / 1_000);
  });
});
