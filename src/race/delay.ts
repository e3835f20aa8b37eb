/**
 * How attempts follow one another. `race`: all at once. `hedge`: the next one when the ones before are slow or have
 * failed. `failover`: the next one after a failure. `single`: the next one only if the request surely reached nobody.
 */
export const strategies = ['race', 'hedge', 'failover', 'single'] as const;

export type Strategy = (typeof strategies)[number];

/** A percentile of what an endpoint's responses take. */
export type Percentile = `p${number}`;

export interface HedgeDelayOptions {
  /** Milliseconds, or a percentile to learn them from. */
  readonly delayMs: number | Percentile;
  readonly minDelayMs: number;
  readonly maxDelayMs: number;
}

/** Where percentiles are learned; undefined while too little is known. */
export interface Percentiles {
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

/** 95 of `'p95'`. */
function percentileOf(name: Percentile): number {
  return Number(name.slice(1));
}
