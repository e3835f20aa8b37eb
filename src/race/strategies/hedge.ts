import { hedgeDelayMs } from '../delay.ts';
import { isSendable, type PaceSettings, type StrategyRules } from './rules.ts';

/** The next endpoint is asked when the ones before are slow, as far as the budget allows, or have failed. */
export const hedge: StrategyRules = {
  order: 'fastest',
  isRace: false,
  pace: (settings) => ({
    delayMs: ({ endpoint }) => hedgeDelayMs(settings.hedge, endpoint.latency),
    leaseHedge: () => leaseFrom(settings),
    mayFollow: isSendable,
  }),
};

function leaseFrom({ budget, onDenied }: PaceSettings) {
  const lease = budget.withdraw();
  if (!lease) onDenied();
  return lease;
}
