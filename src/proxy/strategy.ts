import type { IncomingMessage } from 'node:http';
import { inspect } from 'node:util';
import type { Candidate, Choice } from '../endpoints/pool.ts';
import { BalancingProxyError, isUnprocessed } from '../errors.ts';
import type { Reporter } from '../events/reporter.ts';
import { firstValueOf } from '../http/headers.ts';
import { isIdempotent } from '../http/methods.ts';
import { endToEndHeaders, receivedHeaders } from '../http/received-headers.ts';
import type { Config } from '../options/config.ts';
import type { HedgeBudget } from '../race/budget.ts';
import { hedgeDelayMs, type Strategy, strategies } from '../race/delay.ts';
import type { RaceOptions, StartReason } from '../race/rules.ts';
import { callSyncHook, hookFailed } from '../support/user-function.ts';

/** What a strategy decides for one request. */
export interface Plan {
  readonly strategy: Strategy;
  readonly choice: Choice;
  /** How attempts follow one another. */
  readonly pace: Pick<RaceOptions<Candidate, unknown>, 'delayMs' | 'mayHedge' | 'mayFollow'>;
  /** Keeps account of an attempt that was started for this reason; gives it back. */
  track<T>(attempt: Promise<T>, reason: StartReason): Promise<T>;
}

export interface PlanSettings {
  readonly config: Config;
  readonly budget: HedgeBudget;
  readonly reporter: Reporter;
  /** Whether the body can be sent more than once. */
  readonly isReplayable: boolean;
}

/** Turns the strategy for a request into what the race and the pool are asked for. */
export function planFor(req: IncomingMessage, { config, budget, reporter, isReplayable }: PlanSettings): Plan {
  const strategy = strategyFor(req, config);
  const most = isReplayable ? config.maxAttempts : 1;
  const order = config.order ?? (strategy === 'hedge' ? 'fastest' : 'given');
  const choice = { order, most, isRace: strategy === 'race' };
  const untracked = <T>(attempt: Promise<T>) => attempt;
  switch (strategy) {
    case 'race':
      return { strategy, choice, pace: { delayMs: () => 0, mayFollow: isSendable }, track: untracked };
    case 'failover':
      return { strategy, choice, pace: { delayMs: () => Infinity, mayFollow: isSendable }, track: untracked };
    case 'single':
      return { strategy, choice, pace: { delayMs: () => Infinity, mayFollow: surelyUnseen }, track: untracked };
    case 'hedge': {
      const pace = {
        delayMs: ({ endpoint }: Candidate) => hedgeDelayMs(config.hedge, endpoint.latency),
        mayFollow: isSendable,
        mayHedge: () => budget.withdraw() || reporter.hedgeDenied(),
      };
      return {
        strategy,
        choice,
        pace,
        track: (attempt, reason) => (reason === 'delay' ? budget.during(attempt) : attempt),
      };
    }
  }
}

/**
 * The strategy for a request: `unsafeMethods` for a write that carries no Idempotency-Key, else `strategy`.
 * @throws BalancingProxyError `ERR_BRP_HOOK` when the user's function throws or names no strategy.
 */
export function strategyFor(req: IncomingMessage, { strategy, unsafeMethods }: Config): Strategy {
  if (unsafeMethods && !isRepeatable(req)) return unsafeMethods;
  if (typeof strategy !== 'function') return strategy;
  const chosen: unknown = callSyncHook('strategy', () => strategy(req));
  const known = strategies.find((name) => name === chosen);
  if (known) return known;
  throw hookFailed(
    'strategy',
    `returned something else than ${strategies.join(', ')}`,
    new TypeError(`returned ${inspect(chosen)}`),
  );
}

/** Whether a request may be sent twice: by its method, or because every endpoint gets the key by which it knows it again. */
function isRepeatable(req: IncomingMessage): boolean {
  if (isIdempotent(req.method ?? 'GET')) return true;
  if (!req.headers['idempotency-key']) return false;
  return Boolean(firstValueOf(endToEndHeaders(req, receivedHeaders(req)), 'idempotency-key'));
}

/** Whether sending the request elsewhere cannot do anything twice. */
function surelyUnseen(error: unknown): boolean {
  return error instanceof BalancingProxyError && isUnprocessed(error);
}

/** What cannot be sent to one endpoint cannot be sent to any. */
function isSendable(error: unknown): boolean {
  return !(error instanceof BalancingProxyError && error.code === 'ERR_BRP_UNSENDABLE');
}
