import { BalancingProxyError, isUnprocessed } from '../../errors.ts';
import type { StrategyRules } from './rules.ts';

/** An attempt under way may have been seen, so that no tier is asked by time. */
const ifUnseen = { delayMs: () => Infinity, stageDelayMs: Infinity, mayFollow: isSurelyUnseen };

/** The next endpoint is asked only if the request surely reached nobody: for writes. */
export const single: StrategyRules = { order: 'given', isRace: false, pace: () => ifUnseen };

/** Whether sending the request elsewhere cannot do anything twice. */
function isSurelyUnseen(error: unknown): boolean {
  return error instanceof BalancingProxyError && isUnprocessed(error);
}
