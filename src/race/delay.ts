import { type Percentile, percentileOf } from './percentile.ts';

/** When a hedge starts. */
export interface HedgeDelayOptions {
  /** Milliseconds, or a percentile to learn them from, or `'auto'`: the percentile that spends the budget. */
  readonly delayMs: number | Percentile | 'auto';
  /** Least milliseconds of a learned delay. */
  readonly minDelayMs: number;
  /** Most milliseconds of a learned delay. */
  readonly maxDelayMs: number;
}

/** How long responses took. */
export interface LearnedTimes {
  /** The percentile, such as 95, in milliseconds; undefined while too little is known. */
  percentileMs(percentile: number): number | undefined;
  /** The milliseconds that this share of the responses, from 0 to 1, exceeds; undefined while too little is known. */
  tailMs(ratio: number): number | undefined;
}

/**
 * With `'auto'`, the percentile of a delay that the budget does not steer. Of the few requests that have been hedged already, a tenth more
 * costs next to nothing, and spares the slowest the same long wait once more.
 */
const unsteered: Percentile = 'p90';

/**
 * The hedge delay in milliseconds, of a request that was not hedged so far. While too little is known there is no hedge by time: a
 * guess would double the traffic just after a start.
 * @param tailRatio the share of responses that `'auto'` takes for slow.
 */
export function hedgeDelayMs(options: HedgeDelayOptions, learned: LearnedTimes, tailRatio: number): number {
  return options.delayMs === 'auto' ? limited(options, learned.tailMs(tailRatio)) : unsteeredDelayMs(options, learned);
}

/** The hedge delay in milliseconds, where few requests are concerned, so that it need not be steered by what was spent. */
export function unsteeredDelayMs(options: HedgeDelayOptions, learned: LearnedTimes): number {
  const { delayMs } = options;
  if (typeof delayMs === 'number') return delayMs;
  return limited(options, learned.percentileMs(percentileOf(delayMs === 'auto' ? unsteered : delayMs)));
}

function limited({ minDelayMs, maxDelayMs }: HedgeDelayOptions, ms: number | undefined): number {
  return ms === undefined ? Infinity : Math.min(Math.max(ms, minDelayMs), maxDelayMs);
}
