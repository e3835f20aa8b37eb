import { jest } from '@jest/globals';
import { coolDownMsOf } from '../../src/http/retry-after.ts';

const now = Date.UTC(2026, 0, 2, 3, 4, 5);
const dateIn = (seconds: number) => new Date(now + seconds * 1_000).toUTCString();

beforeEach(() => void jest.useFakeTimers({ now }));
afterEach(() => void jest.useRealTimers());

describe('the pause that an endpoint asks for', () => {
  test.each([
    ['0', 0],
    ['1', 1_000],
    ['30', 30_000],
    [' 30 ', 30_000],
    ['60', 60_000],
    ['61', 60_000],
    ['86400', 60_000],
    ['99999999999999999999999', 60_000],
  ])('is given in seconds, at most a minute: %j', (value, ms) => {
    expect(coolDownMsOf(503, ['Retry-After', value])).toBe(ms);
  });

  test.each([
    [dateIn(0), 0],
    [dateIn(1), 1_000],
    [dateIn(45), 45_000],
    [dateIn(60), 60_000],
    [dateIn(3_600), 60_000],
    [dateIn(-1), 0],
    ['Fri, 31 Dec 1999 23:59:59 GMT', 0],
    ['Friday, 02-Jan-26 03:04:35 GMT', 30_000],
  ])('is given as a date, at most a minute from now: %j', (value, ms) => {
    expect(coolDownMsOf(503, ['Retry-After', value])).toBe(ms);
  });

  test.each(['', ' ', 'soon', '-5', '1.5', '+5', '5s', 'Infinity', 'NaN', '0x10', '1e3', 'Fri, 99 Foo 2026'])(
    'is none when it is nonsense: %j',
    (value) => {
      expect(coolDownMsOf(503, ['Retry-After', value])).toBe(0);
    },
  );

  test('is none when nothing is said of it', () => {
    expect(coolDownMsOf(503, ['Content-Length', '0'])).toBe(0);
  });

  test('is found in any case, the first of several', () => {
    expect(coolDownMsOf(503, ['rEtRy-AfTeR', '5', 'Retry-After', '9'])).toBe(5_000);
  });

  test.each([429, 503, 529])('is heard with status %d', (status) => {
    expect(coolDownMsOf(status, ['Retry-After', '5'])).toBe(5_000);
  });

  test.each([200, 301, 413, 500, 502, 504])('is not heard with status %d', (status) => {
    expect(coolDownMsOf(status, ['Retry-After', '5'])).toBe(0);
  });
});
