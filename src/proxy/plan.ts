import type { IncomingMessage } from 'node:http';
import type { Reporter } from '../events/reporter.ts';
import { firstValueOf } from '../http/headers.ts';
import { isIdempotent } from '../http/methods.ts';
import { endToEndHeaders, receivedHeaders } from '../http/received-headers.ts';
import type { Config } from '../options/config.ts';
import type { HedgeBudget } from '../race/budget.ts';
import { type Strategy, strategies, strategyNames } from '../race/strategies/strategies.ts';
import { callSyncHook, hookReturned } from '../support/user-function.ts';

/** The facts on which a plan depends. */
interface PlanSettings {
  /** The options. */
  readonly config: Config;
  /** The allowance for hedges. */
  readonly budget: HedgeBudget;
  /** Told when the budget refuses a hedge. */
  readonly reporter: Reporter;
  /** Whether the body can be sent more than once. */
  readonly isReplayable: boolean;
}

/** Plans a request by its strategy, for the pool and the race. */
export function planFor(req: IncomingMessage, { config, budget, reporter, isReplayable }: PlanSettings) {
  const strategy = strategyFor(req, config);
  const { order, isRace, pace } = strategies[strategy];
  return {
    strategy,
    /** Which endpoints are asked, in which order. */
    choice: { order: config.order ?? order, max: isReplayable ? config.maxAttempts : 1, isRace },
    /** How the attempts follow one another. */
    pace: pace({ hedge: config.hedge, budget, onDenied: () => reporter.hedgeDenied() }),
  };
}

/**
 * The strategy for a request: `unsafeMethods` for a write that carries no Idempotency-Key, else `strategy`.
 * @throws BalancingProxyError `ERR_BRP_HOOK` when the function that is asked throws or names no strategy.
 */
export function strategyFor(req: IncomingMessage, { strategy, unsafeMethods }: Config): Strategy {
  const isUnsafe = unsafeMethods !== undefined && !isRepeatable(req);
  return isUnsafe ? askedStrategy('unsafeMethods', unsafeMethods, req) : askedStrategy('strategy', strategy, req);
}

function askedStrategy(option: string, strategy: Config['strategy'], req: IncomingMessage): Strategy {
  if (typeof strategy !== 'function') return strategy;
  const chosen: unknown = callSyncHook(option, () => strategy(req));
  const known = strategyNames.find((name) => name === chosen);
  if (known) return known;
  throw hookReturned(option, strategyNames.join(', '), chosen);
}

/** Whether a request may be sent twice: by its method, or because it carries to every endpoint the key by which it is known again. */
export function isRepeatable(req: IncomingMessage): boolean {
  if (isIdempotent(req.method ?? 'GET')) return true;
  if (!req.headers['idempotency-key']) return false;
  return Boolean(firstValueOf(endToEndHeaders(req, receivedHeaders(req)), 'idempotency-key'));
}
