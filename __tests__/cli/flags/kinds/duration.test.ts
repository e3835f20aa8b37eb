import { formatDuration, parseDuration } from '../../../../src/cli/flags/kinds/duration.ts';

describe('parseDuration', () => {
  test.each([
    ['0', 0],
    ['0s', 0],
    ['300ms', 300],
    ['1m30s', 90_000],
    ['1h15m30.918s', 4_530_918],
    ['1.5h', 5_400_000],
    ['.5s', 500],
    ['1.s', 1_000],
    ['+2s', 2_000],
    ['500us', 0.5],
    ['500\u00b5s', 0.5],
    ['500\u03bcs', 0.5],
    ['100ns', 0.0001],
  ])('reads %s as %d ms', (text, ms) => {
    expect(parseDuration(text)).toBeCloseTo(ms, 9);
  });

  test.each(['', '5', '-5s', 's', '.s', '1d', '1 s', '1s ', '1m30', 'Infinity', '1e3s', '+'])('refuses %j', (text) => {
    expect(parseDuration(text)).toBeUndefined();
  });
});

describe('formatDuration', () => {
  test.each([
    [0, '0s'],
    [0.0123, '12\u00b5s'],
    [0.98, '980\u00b5s'],
    [1, '1ms'],
    [36.26, '36.3ms'],
    [983.247916, '983ms'],
    [999.7, '1s'],
    [1_234, '1.23s'],
    [59_996, '1m0s'],
    [90_500, '1m30.5s'],
    [3_605_000, '1h0m5s'],
    [90_061_000, '25h1m1s'],
  ])('writes %d ms as %s', (ms, text) => {
    expect(formatDuration(ms)).toBe(text);
  });
});
