/** A percentile, above 0 and below 100, of the time that an endpoint's responses take, such as `'p95'` or `'p99.9'`. */
export type Percentile = `p${number}`;

/** The form of a percentile's name. */
export const percentile = /^p[1-9]\d?(?:\.\d+)?$/;

/** Whether a value names a percentile. */
export function isPercentile(value: unknown): value is Percentile {
  return typeof value === 'string' && percentile.test(value);
}

/** 95 of `'p95'`. */
export function percentileOf(name: Percentile): number {
  return Number(name.slice(1));
}
