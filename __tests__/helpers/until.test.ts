import { jest } from '@jest/globals';
import { inTime, patienceMs } from './deadline.ts';
import { atLeast, including, isThere, until } from './until.ts';

/** As if all patience were over at the second look. */
function stopWaiting(): void {
  jest
    .spyOn(performance, 'now')
    .mockReturnValueOnce(0)
    .mockReturnValue(patienceMs + 1);
}

afterEach(() => void jest.restoreAllMocks());

describe('until', () => {
  test('looks again until it sees the value, or one that a function takes', async () => {
    let count = 0;
    await until(() => ++count, 3);
    await until(async () => ++count, atLeast(5));
    await until(() => ++count > 6);
    expect(count).toBe(7);
  });

  test.each<[RegExp, () => Promise<void>]>([
    [/1 to be 2, and last saw: 1$/, () => until(() => 1, 2)],
    [/1 to be at least 2, and last saw: 1$/, () => until(() => 1, atLeast(2))],
    [/to be with b in it, and last saw: \[ 'a' \]$/, () => until(() => ['a'], including('b'))],
    [/undefined to be there, and last saw: undefined$/, () => until(() => undefined, isThere)],
  ])('says at the deadline: %s', async (text, wait) => {
    stopWaiting();
    await expect(wait()).rejects.toThrow(text);
  });
});

test('inTime says at the deadline what is missing, and what came instead', async () => {
  jest.useFakeTimers();
  const waiting = expect(inTime(new Promise(() => {}), 'a line', () => 'half a li')).rejects.toThrow(
    'waited 45 s for a line, and last saw: half a li',
  );
  await jest.advanceTimersByTimeAsync(patienceMs);
  await waiting;
  jest.useRealTimers();
});
