import { BalancingProxyError, isUnprocessed } from '../../errors.ts';
import type { StrategyRules } from './rules.ts';

const ifUnseen = { delayMs: () => Infinity, mayFollow: isSurelyUnseen };

/** The next endpoint is asked only if the request surely reached nobody: for writes. */
export const single: StrategyRules = { order: 'given', isRace: false, pace: () => ifUnseen };

/** Whether sending the request elsewhere cannot do anything twice. */
function isSurelyUnseen(error: unknown): boolean {
  return error instanceof BalancingProxyError && isUnprocessed(error);
}
