import { BalancingProxyError } from '../../errors.ts';
import type { HedgeBudget } from '../budget.ts';
import { type HedgeDelayOptions, type LearnedTimes, unsteeredDelayMs } from '../delay.ts';
import type { RaceOptions } from '../rules.ts';

/** A candidate as far as a strategy looks at it. */
interface PacedCandidate {
  /** The endpoint, of which only its speed counts here. */
  readonly endpoint: { readonly latency: LearnedTimes };
}

/** How the attempts of one request follow one another. */
export type Pace = Pick<RaceOptions<PacedCandidate, unknown>, 'delayMs' | 'leaseHedge' | 'mayFollow' | 'stageDelayMs'>;

/** The facts on which the pace of one request may depend. */
export interface PaceSettings {
  /** When a hedge starts. */
  readonly hedge: HedgeDelayOptions;
  /** The allowance from which a hedge is taken. */
  readonly budget: HedgeBudget;
  /** Called when the budget refuses an attempt. */
  onDenied(): void;
}

/** The rules of one strategy. */
export interface StrategyRules {
  /** The endpoint that is asked first, unless the user says otherwise. */
  readonly order: 'given' | 'fastest';
  /** Whether all endpoints are asked at once, so that an ejected one does not even come last. */
  readonly isRace: boolean;
  /** How the attempts of one request follow one another. */
  pace(settings: PaceSettings): Pace;
}

/** The pace at which a broken body is asked for again: that of a hedge, without a budget, and without waiting for long while nothing is learned. */
export function paceOfMending(hedge: HedgeDelayOptions): Pace {
  return {
    delayMs: ({ endpoint }) => Math.min(unsteeredDelayMs(hedge, endpoint.latency), hedge.maxDelayMs),
    mayFollow: isSendable,
  };
}

/** Whether an attempt may follow this failure: any but that of a request that cannot be sent, to whatever endpoint. */
export function isSendable(error: unknown): boolean {
  return !(error instanceof BalancingProxyError && error.code === 'ERR_BRP_UNSENDABLE');
}
