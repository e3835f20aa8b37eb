import '../support/refuse-old-node.ts';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { answerError } from '../client/response/answer-error.ts';
import { BalancingProxyError } from '../errors.ts';
import type { Next } from '../support/next.ts';
import { objectOf } from '../support/parser/option.ts';
import { parseOrThrow } from '../support/parser/problems.ts';
import type { Intercept } from './intercept.ts';
import { type InterceptOptions, interceptOptions } from './intercept-options.ts';
import { Interception } from './interception.ts';

export type { Intercept, InterceptedChanges, InterceptedResponse } from './intercept.ts';
export type { InterceptOptions } from './intercept-options.ts';

/** A proxy, or whatever answers with its response. */
type Answering<Request> = (req: Request, res: ServerResponse, next?: Next) => void;

const parseOptions = objectOf(interceptOptions);

/**
 * Makes a middleware of a proxy that gives the whole of each small response to a function before the client gets it. Left alone are larger
 * ones, streams of events, parts (206), those without a body (HEAD, 204, 304), and those whose content coding cannot be taken off. When the function throws or rejects, the
 * request ends with `ERR_BRP_HOOK`.
 * @throws BalancingProxyError `ERR_BRP_OPTIONS` for options that make no sense.
 */
export function interceptResponse<Request extends IncomingMessage = IncomingMessage>(
  proxy: Answering<Request>,
  intercept: Intercept<Request>,
  options: InterceptOptions = {},
): (req: Request, res: ServerResponse, next?: Next) => void {
  const { limitBytes } = parseOrThrow(parseOptions, options);

  return function interceptedProxy(req: Request, res: ServerResponse, next?: Next): void {
    const onError = (error: unknown): void => {
      if (next) next(error);
      else answerPlainly(req, res, error);
    };
    const interception = new Interception({ req, res, intercept: intercept as Intercept, limitBytes, onError });
    proxy(req, res, (error) => {
      interception.end();
      onError(error);
    });
  };
}

/** Answers in the place of a `next`, which nobody has given. */
function answerPlainly(req: IncomingMessage, res: ServerResponse, thrown: unknown): void {
  const isKnown = thrown instanceof BalancingProxyError;
  const error = isKnown ? thrown : new BalancingProxyError('ERR_BRP_EXHAUSTED', 'no response was usable');
  const id = res.getHeader('x-request-id');
  const xRequestId = typeof id === 'string' ? id : undefined;
  answerError(error, { req, res, next: undefined, readBody: undefined, isPassedOn: false, xRequestId });
}
