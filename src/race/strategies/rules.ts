import { BalancingProxyError } from '../../errors.ts';
import type { HedgeBudget } from '../budget.ts';
import type { HedgeDelayOptions, Percentiles } from '../delay.ts';
import type { RaceOptions } from '../rules.ts';

/** A candidate as far as a strategy looks at it. */
export interface PacedCandidate {
  readonly endpoint: { readonly latency: Percentiles };
}

/** How the attempts of one request follow one another. */
export type Pace = Pick<RaceOptions<PacedCandidate, unknown>, 'delayMs' | 'leaseHedge' | 'mayFollow'>;

/** What the pace of one request may depend on. */
export interface PaceSettings {
  readonly hedge: HedgeDelayOptions;
  readonly budget: HedgeBudget;
  /** Called when the budget refuses an attempt. */
  onDenied(): void;
}

/** What a strategy decides. */
export interface StrategyRules {
  /** Which endpoint is asked first, unless the user says otherwise. */
  readonly order: 'given' | 'fastest';
  /** All endpoints are asked at once, so that an ejected one does not even come last. */
  readonly isRace: boolean;
  pace(settings: PaceSettings): Pace;
}

/** Lets an attempt follow any failure but one: what cannot be sent to one endpoint cannot be sent to any. */
export function isSendable(error: unknown): boolean {
  return !(error instanceof BalancingProxyError && error.code === 'ERR_BRP_UNSENDABLE');
}
