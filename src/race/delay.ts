import { type Percentile, percentileOf } from './percentile.ts';

/** When a hedge starts. */
export interface HedgeDelayOptions {
  /** Milliseconds, or a percentile to learn them from. */
  readonly delayMs: number | Percentile;
  /** Least milliseconds of a learned delay. */
  readonly minDelayMs: number;
  /** Most milliseconds of a learned delay. */
  readonly maxDelayMs: number;
}

/** How long responses took. */
export interface Percentiles {
  /** The percentile, such as 95, in milliseconds; undefined while too little is known. */
  percentileMs(percentile: number): number | undefined;
}

/**
 * The hedge delay in milliseconds. While too little is known there is no hedge by time: a guess would double the traffic
 * just after a start.
 */
export function hedgeDelayMs({ delayMs, minDelayMs, maxDelayMs }: HedgeDelayOptions, learned: Percentiles): number {
  if (typeof delayMs === 'number') return delayMs;
  const ms = learned.percentileMs(percentileOf(delayMs));
  return ms === undefined ? Infinity : Math.min(Math.max(ms, minDelayMs), maxDelayMs);
}
