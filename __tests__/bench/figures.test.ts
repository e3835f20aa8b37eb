import { mediansOf } from '../../bench/peers/results/figures.ts';
import { median } from '../../bench/statistics/quantiles.ts';

describe('median', () => {
  test.each([
    { numbers: [3, 1, 2], expected: 2 },
    { numbers: [10, 9], expected: 9.5 },
    { numbers: [7], expected: 7 },
    { numbers: [], expected: Number.NaN },
  ])('of $numbers is $expected', ({ numbers, expected }) => {
    expect(median(numbers)).toBe(expected);
  });
});

describe('mediansOf', () => {
  test('takes each figure by itself', () => {
    const samples = [
      { cpuUs: 1, p50Ms: 30 },
      { cpuUs: 3, p50Ms: 10 },
      { cpuUs: 2, p50Ms: 20 },
    ];
    expect(mediansOf(samples)).toEqual({ cpuUs: 2, p50Ms: 20 });
  });

  test('leaves out the rounds that have no such figure', () => {
    expect(mediansOf([{ cpuUs: 1 }, { cpuUs: 3, p99Ms: 5 }])).toEqual({ cpuUs: 2, p99Ms: 5 });
  });

  test('is empty when there was no round', () => {
    expect(mediansOf([])).toEqual({});
  });
});
