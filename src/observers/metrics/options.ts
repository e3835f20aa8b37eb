import { inspect } from 'node:util';
import { hasMethods, type OptionParser, onlyInCode, withSchema } from '../../support/parser/kinds.ts';
import { inWords, type OptionTable, objectOf, option } from '../../support/parser/option.ts';
import { refuse } from '../../support/parser/problems.ts';
import type { MetricsRegistry } from './instruments.ts';

/** Options of `createMetrics()`. */
export interface MetricsOptions {
  /**
   * The registry that gets the metrics.
   * @default prom-client's `register`
   */
  readonly registry?: MetricsRegistry | undefined;
  /**
   * Upper bounds of the histograms' buckets in seconds, in ascending order.
   * @default 1 ms to 30 s
   */
  readonly buckets?: readonly number[] | undefined;
}

/** The options of `createMetrics()`. */
export const metricsOptions = {
  registry: option(
    shownWhenWrong<MetricsRegistry>((value) => hasMethods(value, 'registerMetric'), 'a Registry of prom-client'),
    inWords("prom-client's `register`"),
    'The registry that gets the metrics',
  ),
  buckets: option(
    shownWhenWrong<readonly number[]>(areBuckets, 'seconds in ascending order'),
    inWords('1 ms to 30 s'),
    "Upper bounds of the histograms' buckets in seconds, in ascending order",
  ),
} satisfies OptionTable<MetricsOptions>;

/** Reads the options. @throws InvalidOptions naming every problem. */
export const parseMetricsOptions = objectOf(metricsOptions);

/** Refuses an option of `createMetrics()`, none of which is a secret. @throws InvalidOptions */
export function refuseOption(option: string, expected: string, received: unknown): never {
  refuse(option, `expected ${expected}, got ${inspect(received)}`);
}

/** A value that passes a test; `expected` are the words for values that pass. */
function shownWhenWrong<T>(matches: (value: unknown) => boolean, expected: string): OptionParser<T> {
  return withSchema(onlyInCode, (value, option) =>
    matches(value) ? (value as T) : refuseOption(option, expected, value),
  );
}

function areBuckets(buckets: unknown): boolean {
  if (!Array.isArray(buckets) || buckets.length === 0) return false;
  return buckets.every((bound, index) => Number.isFinite(bound) && bound > (buckets[index - 1] ?? 0));
}
