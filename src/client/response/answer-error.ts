import type { IncomingMessage, ServerResponse } from 'node:http';
import { BalancingProxyError } from '../../errors.ts';
import type { Next } from '../../support/next.ts';
import { leaveBody } from '../request/left-body.ts';
import { breakOff, respondPlainly } from './respond.ts';

/** A request that has to be answered with an error. */
interface Unanswered {
  /** The client's request. */
  readonly req: IncomingMessage;
  /** The response to the client, which may have begun. */
  readonly res: ServerResponse;
  /** Leads to the app's error handlers, where there are any. */
  readonly next: Next | undefined;
  /** The body of the request, if it was read and may still be of use. */
  readonly readBody: Buffer | undefined;
  /** Whether `next` gets the request without the error. */
  readonly isPassedOn: boolean;
  /** The id that the client gets, if any. */
  readonly xRequestId: string | undefined;
}

/** Gives an error to `next`, or answers it where there is no `next`; a response that has begun is broken off instead. */
export function answerError(
  error: BalancingProxyError,
  { req, res, next, readBody, isPassedOn, xRequestId }: Unanswered,
): void {
  if (error.code === 'ERR_BRP_CLIENT_GONE' || error.code === 'ERR_BRP_ENDED_BY_APP') return;
  try {
    if (next && !res.headersSent) {
      if (readBody) leaveBody(req, readBody);
      if (isPassedOn) next();
      else next(error);
      return;
    }
  } catch {
    // A `next` that throws has answered nothing.
  }
  try {
    if (res.headersSent) breakOff(res);
    else respondPlainly(req, res, error, xRequestId);
  } catch {
    // Middleware may have put methods on `res` that throw.
    breakOff(res);
  }
}

/** The error for whatever was thrown. A foreign error is its cause only: clients may be shown the message, and no endpoint's name. */
export function toProxyError(thrown: unknown): BalancingProxyError {
  if (thrown instanceof BalancingProxyError) return thrown;
  return new BalancingProxyError('ERR_BRP_ATTEMPT', 'the request failed', { cause: thrown });
}
