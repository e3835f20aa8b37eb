import { failover } from './failover.ts';
import { hedge } from './hedge.ts';
import { race } from './race.ts';
import type { StrategyRules } from './rules.ts';
import { single } from './single.ts';

/** Every strategy by its name, the default first. */
export const strategies = { race, hedge, failover, single } satisfies Readonly<Record<string, StrategyRules>>;

/**
 * How the endpoints are asked. `'race'`: all at once. `'hedge'`: the next one when the ones before are slow or have failed.
 * `'failover'`: the next one when the one before has failed. `'single'`: the next one only if the request surely reached
 * nobody (no address, refused, connect timeout).
 */
export type Strategy = keyof typeof strategies;

/** The names of all strategies, the default first. */
export const strategyNames = Object.keys(strategies) as readonly Strategy[];
