import { hedgeDelayMs, type LearnedTimes, unsteeredDelayMs } from '../delay.ts';
import { isSendable, type Pace, type PaceSettings, type StrategyRules } from './rules.ts';

/** The next endpoint is asked when the ones before are slow, as far as the budget allows, or have failed. */
export const hedge: StrategyRules = {
  order: 'fastest',
  isRace: false,
  pace: paceFor,
};

/** The pace of one request. */
function paceFor(settings: PaceSettings): Pace {
  let isHedged = false;
  return {
    delayMs: ({ endpoint }) => (isHedged ? furtherDelayMs : firstDelayMs)(settings, endpoint.latency),
    leaseHedge: () => {
      const lease = leaseFrom(settings, !isHedged);
      isHedged ||= lease !== undefined;
      return lease;
    },
    mayFollow: isSendable,
  };
}

function firstDelayMs({ hedge, budget }: PaceSettings, latency: LearnedTimes): number {
  return hedgeDelayMs(hedge, latency, budget.tailRatio);
}

function furtherDelayMs(settings: PaceSettings, latency: LearnedTimes): number {
  return Math.min(firstDelayMs(settings, latency), unsteeredDelayMs(settings.hedge, latency));
}

function leaseFrom({ budget, onDenied }: PaceSettings, isFirst: boolean) {
  const lease = budget.withdraw(isFirst);
  if (!lease) onDenied();
  return lease;
}
