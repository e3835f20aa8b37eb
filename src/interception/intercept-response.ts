import '../support/refuse-old-node.ts';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { answerError, toProxyError } from '../client/response/answer-error.ts';
import { BalancingProxyError } from '../errors.ts';
import type { Next } from '../support/next.ts';
import { objectOf } from '../support/parser/option.ts';
import { parseOrThrow } from '../support/parser/problems.ts';
import type { Intercept } from './intercept.ts';
import { type InterceptOptions, interceptOptions } from './intercept-options.ts';
import { Interception } from './interception.ts';

export type { Intercept, InterceptedChanges, InterceptedResponse } from './intercept.ts';
export type { InterceptOptions } from './intercept-options.ts';

/** A proxy, or whatever answers in its place, as a cache in front of it does. */
type Answering<Request> = (req: Request, res: ServerResponse, next?: Next) => void;

const parseOptions = objectOf(interceptOptions);

/**
 * Makes a middleware of a proxy that gives the whole of each small response to a function before the client gets it. Left alone are larger
 * ones, streams of events, parts (206), those without a body (HEAD, 204, 304), and those whose content coding cannot be taken off. When the
 * function throws or rejects, the request ends with `ERR_BRP_HOOK`.
 * @throws BalancingProxyError `ERR_BRP_OPTIONS` for options that make no sense.
 */
export function interceptResponse<Request extends IncomingMessage = IncomingMessage>(
  proxy: Answering<Request>,
  intercept: Intercept<Request>,
  options: InterceptOptions = {},
): (req: Request, res: ServerResponse, next?: Next) => void {
  const { limitBytes } = parseOrThrow(parseOptions, options);

  return function interceptedProxy(req: Request, res: ServerResponse, next?: Next): void {
    const onError = (error: unknown): void => answer(error, { req, res, next });
    const interception = new Interception({ req, res, intercept: intercept as Intercept, limitBytes, onError });
    proxy(req, res, (error) => {
      interception.end();
      if (next) next(error);
      else onError(error ?? new BalancingProxyError('ERR_BRP_EXHAUSTED', 'no response was usable'));
    });
  };
}

/** A request, and who may answer it besides the proxy. */
interface Call {
  readonly req: IncomingMessage;
  readonly res: ServerResponse;
  readonly next: Next | undefined;
}

/** Gives an error to `next`, or answers it where there is none, or where `next` throws. */
function answer(error: unknown, { req, res, next }: Call): void {
  const id = res.getHeader('x-request-id');
  const xRequestId = typeof id === 'string' ? id : undefined;
  answerError(toProxyError(error), { req, res, next, readBody: undefined, isPassedOn: false, xRequestId });
}
