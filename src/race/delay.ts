/** How attempts follow one another: all at once, or the next one only after a failure. */
export type Strategy = 'race' | 'failover';

const delays: Readonly<Record<Strategy, number>> = { race: 0, failover: Infinity };

export const strategies = Object.keys(delays) as readonly Strategy[];

/** Milliseconds until the next attempt starts if nothing fails before: a strategy is nothing but this delay. */
export function delayMsOf(strategy: Strategy): number {
  return delays[strategy];
}
