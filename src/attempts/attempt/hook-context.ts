import type { IncomingMessage } from 'node:http';
import type { AttemptReason } from '../../race/rules.ts';
import type { Attempt } from './attempt.ts';

/**
 * The second argument of `isUsable`, `rewriteRequest` and `rewriteResponse`: the attempt for which the function is called.
 * @typeParam Request the frame's own type of a request, such as Express's.
 */
export interface HookContext<Request extends IncomingMessage = IncomingMessage> {
  /** The client's request. */
  readonly req: Request;
  /** The endpoint's name. */
  readonly endpoint: string;
  /** Counts the attempts of the request, from 1. */
  readonly attempt: number;
  /** Why the attempt was started. */
  readonly reason: AttemptReason;
}

/** Tells the user's functions of an attempt. */
export function hookContext({ name, number, reason }: Attempt, req: IncomingMessage): HookContext {
  return { req, endpoint: name, attempt: number, reason };
}
