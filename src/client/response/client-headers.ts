import type { IncomingMessage } from 'node:http';
import { applyHeaderHook, type HeaderHook } from '../../attempts/attempt/header-hook.ts';
import { hookContext } from '../../attempts/attempt/hook-context.ts';
import type { JudgedResponse } from '../../attempts/response/judged-response.ts';
import type { Candidate } from '../../endpoints/candidate.ts';
import { type HeaderList, stripHopByHop } from '../../http/headers.ts';
import { serverTiming } from '../../http/server-timing.ts';
import { withoutXRequestId } from '../../http/x-request-id.ts';
import { settledInTime } from '../../support/until-aborted.ts';
import { hookFailed } from '../../support/user-function.ts';
import { type LeadingBackOptions, leadsBack, ledBack } from './led-back.ts';

/** The options that concern the headers for the client. */
interface ClientHeadersOptions extends LeadingBackOptions {
  /** The user's function that changes them. */
  readonly rewriteResponse: HeaderHook | undefined;
  /** Whether `X-Served-By` names the endpoint. */
  readonly exposeEndpoint: boolean;
  /** Whether `Server-Timing` tells of the attempts. */
  readonly exposeAttempts: boolean;
  /** Limits in milliseconds, or Infinity. */
  readonly timeouts: { readonly responseMs: number };
}

/** For whom headers are made. */
export interface ClientHeadersSettings {
  /** The client's request. */
  readonly req: IncomingMessage;
  /** The options. */
  readonly config: ClientHeadersOptions;
  /** All endpoints that it could be sent to. */
  readonly candidates: readonly Candidate[];
  /** The number of attempts that were begun for it. */
  readonly attempts: number;
  /** The `X-Request-Id` of ours that is on the response already, if any: the client gets none of the endpoint's then. */
  readonly xRequestId: string | undefined;
  /** Ends the waiting for the user's function. */
  readonly signal: AbortSignal;
}

/**
 * The headers for the client: the endpoint's without those of its hop, as the user's `rewriteResponse` changes them. A promise only where
 * there is such a function; it rejects with `ERR_BRP_HOOK` when the function fails or does not settle in time, or with the signal's reason.
 */
export function clientHeaders(
  { attempt, response }: Pick<JudgedResponse, 'attempt' | 'response'>,
  { req, config, candidates, attempts, xRequestId, signal }: ClientHeadersSettings,
): HeaderList | Promise<HeaderList> {
  const { rewriteResponse, exposeEndpoint, exposeAttempts, timeouts } = config;
  const { status } = response;
  const { address } = attempt.candidate;
  const stripped = stripHopByHop(response.headers);
  const received = leadsBack(config) ? ledBack(stripped, config, { req, status, address, candidates }) : stripped;
  const headers = xRequestId === undefined ? received : withoutXRequestId(received);
  if (exposeEndpoint) headers.push('X-Served-By', attempt.name);
  if (exposeAttempts) {
    const { name: endpoint, answeredAfterMs: afterMs } = attempt;
    headers.push('Server-Timing', serverTiming({ endpoint, afterMs, attempts }));
  }
  if (!rewriteResponse) return headers;
  const context = { ...hookContext(attempt, req), status, headers };
  const rewriting = applyHeaderHook('rewriteResponse', rewriteResponse, context);
  const late = () => hookFailed('rewriteResponse', `did not settle within ${timeouts.responseMs} ms`);
  return settledInTime(rewriting, { ms: timeouts.responseMs, signal, late });
}
