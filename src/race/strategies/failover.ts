import { isSendable, type StrategyRules } from './rules.ts';

const afterFailure = { delayMs: () => Infinity, mayFollow: isSendable };

/** The next endpoint is asked after a failure. */
export const failover: StrategyRules = { order: 'given', isRace: false, pace: () => afterFailure };
