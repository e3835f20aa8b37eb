import { inspect } from 'node:util';
import type { MetricsRegistry } from './instruments.ts';

/** Options of `createMetrics()`. */
export interface MetricsOptions {
  /**
   * The registry that gets the metrics.
   * @default prom-client's `register`
   */
  readonly registry?: MetricsRegistry;
  /**
   * Upper bounds of the histograms' buckets in seconds, in ascending order.
   * @default 1 ms to 30 s
   */
  readonly buckets?: readonly number[];
}

/** Checks the options. @throws TypeError about the first one that is wrong. */
export function checkOptions(options: MetricsOptions): void {
  for (const name of Object.keys(options)) {
    if (name !== 'registry' && name !== 'buckets')
      throw new TypeError(`option \`${name}\` is unknown; known are registry, buckets`);
  }
  const { registry, buckets } = options;
  if (registry !== undefined && typeof registry?.registerMetric !== 'function') {
    throw wrong('registry', 'a Registry of prom-client', registry);
  }
  if (buckets !== undefined && !areBuckets(buckets)) throw wrong('buckets', 'seconds in ascending order', buckets);
}

function areBuckets(buckets: readonly number[]): boolean {
  if (!Array.isArray(buckets) || buckets.length === 0) return false;
  return buckets.every((bound, index) => Number.isFinite(bound) && bound > (buckets[index - 1] ?? 0));
}

/** The error of an option that makes no sense. */
export function wrong(option: string, expected: string, received: unknown): TypeError {
  return new TypeError(`option \`${option}\`: expected ${expected}, got ${inspect(received)}`);
}
