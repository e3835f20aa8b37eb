import type { IncomingMessage, ServerResponse } from 'node:http';
import { BalancingProxyError } from '../../errors.ts';
import type { Next } from '../../support/next.ts';
import { leaveBody } from '../request/left-body.ts';
import { breakOff, respondPlainly } from './respond.ts';

export interface Unanswered {
  readonly req: IncomingMessage;
  readonly res: ServerResponse;
  readonly next: Next | undefined;
  /** The body, if it was read and may still be of use. */
  readonly readBody: Buffer | undefined;
}

/** Gives an error to whoever can answer it; a response that has begun is broken off instead. */
export function answerError(error: BalancingProxyError, { req, res, next, readBody }: Unanswered): void {
  if (error.code === 'ERR_BRP_CLIENT_GONE' || error.code === 'ERR_BRP_ENDED_BY_APP') return;
  try {
    if (next && !res.headersSent) {
      if (readBody) leaveBody(req, readBody);
      next(error);
      return;
    }
  } catch {
    // Then it is ours to answer.
  }
  try {
    if (res.headersSent) breakOff(res);
    else respondPlainly(req, res, error);
  } catch {
    // Middleware has put methods on `res` that throw.
    breakOff(res);
  }
}

/** Whatever was thrown, as our error. What it says may name endpoints, and the message may be shown to clients. */
export function toProxyError(thrown: unknown): BalancingProxyError {
  if (thrown instanceof BalancingProxyError) return thrown;
  return new BalancingProxyError('ERR_BRP_ATTEMPT', 'the request failed', { cause: thrown });
}
