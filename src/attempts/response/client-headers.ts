import { type HeaderList, stripHopByHop } from '../../http/headers.ts';
import { settledInTime } from '../../support/until-aborted.ts';
import { hookFailed } from '../../support/user-function.ts';
import type { AttemptSettings } from '../attempt/attempt-settings.ts';
import { applyHeaderHook } from '../attempt/header-hook.ts';
import { hookContext } from '../attempt/hook-context.ts';
import type { JudgedResponse, ReceivedResponse } from './judged-response.ts';

/** The headers for the client: those that the user's function has made, else the endpoint's without those of its hop. */
export function clientHeaders(
  { attempt, response, rewritten }: Pick<JudgedResponse, 'attempt' | 'response' | 'rewritten'>,
  exposeEndpoint: boolean,
): HeaderList {
  if (rewritten) return rewritten;
  const headers = stripHopByHop(response.headers);
  if (exposeEndpoint) headers.push('X-Served-By', attempt.name);
  return headers;
}

/**
 * Lets the user's `rewriteResponse` make the headers for the client; undefined without one.
 * @throws BalancingProxyError `ERR_BRP_HOOK` when the function fails or does not settle in time.
 */
export function rewrittenHeaders(
  { attempt, response }: ReceivedResponse,
  { req, config, abort: { signal } }: AttemptSettings,
): Promise<HeaderList> | undefined {
  const { rewriteResponse, exposeEndpoint, timeouts } = config;
  if (!rewriteResponse) return undefined;
  const headers = clientHeaders({ attempt, response, rewritten: undefined }, exposeEndpoint);
  const context = { ...hookContext(attempt, req), status: response.status, headers };
  const rewriting = applyHeaderHook('rewriteResponse', rewriteResponse, context);
  const late = () => hookFailed('rewriteResponse', `did not settle within ${timeouts.responseMs} ms`);
  return settledInTime(rewriting, { ms: timeouts.responseMs, signal, late });
}
