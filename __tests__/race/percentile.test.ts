import { isPercentile, percentileOf } from '../../src/race/percentile.ts';

describe('a percentile', () => {
  test.each(['p1', 'p50', 'p95', 'p99', 'p99.9', 'p0.5'])('is or is not %s', (name) => {
    expect(isPercentile(name)).toBe(name !== 'p0.5');
  });

  test.each(['p0', 'p100', 'p', '95', 'P95', 'p95ms', 'p95.', 'p-1', 'p05', '', ' p95', 95, null])(
    'is not %j',
    (value) => {
      expect(isPercentile(value)).toBe(false);
    },
  );

  test.each([
    ['p95', 95],
    ['p99.9', 99.9],
  ] as const)('%s stands for %d', (name, percentile) => {
    expect(percentileOf(name)).toBe(percentile);
  });
});
