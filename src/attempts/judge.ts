import { BalancingProxyError } from '../errors.ts';
import { applyHeaderHook } from '../http/header-hook.ts';
import { type HeaderList, stripHopByHop } from '../http/headers.ts';
import { isSwitchAsked } from '../http/protocols.ts';
import { coolDownMsOf } from '../http/retry-after.ts';
import { settledInTime } from '../support/until-aborted.ts';
import { callHook, hookFailed } from '../support/user-function.ts';
import { announcedBytesOf, responseFault, wholeResponseBody } from '../transports/message/response-body.ts';
import type { AttemptSettings } from './attempt-settings.ts';
import { InspectableBody, inspected } from './inspect.ts';
import type { JudgedResponse } from './judged-response.ts';
import { isSmall } from './small-body.ts';

type Unjudged = Pick<JudgedResponse, 'attempt' | 'response' | 'interim'>;
type ClientHeaderParts = Pick<JudgedResponse, 'attempt' | 'response' | 'rewritten'>;

/**
 * Decides whether a response may win. A small one only does so whole: a response that is cut short is a failed attempt,
 * not a response to forward.
 * @throws BalancingProxyError when the body breaks off, or a function of the user fails or does not settle in time.
 */
export async function judge(unjudged: Unjudged, settings: AttemptSettings): Promise<JudgedResponse> {
  const { attempt, response } = unjudged;
  const { outgoing, config } = settings;
  const { status } = response;
  if (response.upgraded && !isSwitchAsked(outgoing.headers, response.headers)) throw badSwitch(attempt.name);
  if (status === 101 && !(outgoing.isUpgrade && response.upgraded)) throw badUpgrade(attempt.name);
  const fault = responseFault(response);
  if (fault) throw badResponse(attempt.name, fault);
  attempt.candidate.endpoint.coolDown(coolDownMsOf(status, response.headers));
  const announcedBytes = announcedBytesOf(response, outgoing.method);
  const isTerminal = outgoing.isUpgrade ? status === 101 : config.terminalStatuses(status);
  const isWholeNeeded = isTerminal && isSmall(announcedBytes) && !response.upgraded;
  const content = isWholeNeeded
    ? wholeResponseBody(response, { idleMs: config.timeouts.idleMs, announcedBytes })
    : response.body;
  // Nothing is awaited that is here: a turn for each attempt of each request is what a proxy's time goes by in.
  const body = content instanceof Promise ? await content : content;
  const inspectable =
    config.isUsable && isTerminal ? new InspectableBody(body, config.inspectLimitBytes, announcedBytes) : undefined;
  const isUsable = isTerminal && (!inspectable || (await passesPredicate(unjudged, settings, inspectable)));
  if (isUsable) attempt.becameUsable();
  const rewriting = rewrittenHeaders(unjudged, settings);
  return {
    attempt,
    response,
    interim: unjudged.interim,
    rewritten: rewriting && (await rewriting),
    body: inspectable?.content ?? body,
    announcedBytes,
    isUsable,
    isPreferred: outgoing.isUpgrade || config.preferStatuses(status),
  };
}

/** Asks the user's predicate, which may read the beginning of the body. */
async function passesPredicate(
  { attempt, response: { status, headers, upgraded } }: Unjudged,
  { config: { isUsable, timeouts }, abort: { signal } }: AttemptSettings,
  body: InspectableBody,
): Promise<boolean> {
  if (!isUsable || upgraded) return true;
  const verdict: unknown = callHook('isUsable', () => isUsable(inspected(status, headers, body)));
  if (typeof verdict === 'boolean' && body.isUntouched) {
    body.close();
    return verdict;
  }
  const late = () =>
    new BalancingProxyError('ERR_BRP_NOT_JUDGED', `\`isUsable\` did not settle on ${attempt.name} in time`);
  try {
    return await settledInTime(finalVerdict(verdict, body), { ms: timeouts.responseMs, signal, late });
  } catch (thrown) {
    // An endpoint that breaks off under the eyes of the predicate makes it fail, in whatever way.
    throw body.fault ?? thrown;
  }
}

/** The verdict, once nobody looks at the body any more. */
async function finalVerdict(verdict: unknown, body: InspectableBody): Promise<boolean> {
  const isUsable = Boolean(await verdict);
  await body.close();
  if (body.fault) throw body.fault;
  return isUsable;
}

/** The headers for the client, with nothing of the hop to the endpoint. */
export function clientHeaders(
  { attempt, response, rewritten }: ClientHeaderParts,
  exposeEndpoint: boolean,
): HeaderList {
  if (rewritten) return rewritten;
  const headers = stripHopByHop(response.headers);
  if (exposeEndpoint) headers.push('X-Served-By', attempt.name);
  return headers;
}

function rewrittenHeaders(
  { attempt, response }: Unjudged,
  { req, config, abort: { signal } }: AttemptSettings,
): Promise<HeaderList> | undefined {
  const { rewriteResponse, exposeEndpoint, timeouts } = config;
  if (!rewriteResponse) return undefined;
  const headers = clientHeaders({ attempt, response, rewritten: undefined }, exposeEndpoint);
  const context = { req, endpoint: attempt.name, status: response.status, headers };
  const rewritten = applyHeaderHook('rewriteResponse', rewriteResponse, context);
  const late = () => hookFailed('rewriteResponse', `did not settle within ${timeouts.responseMs} ms`);
  return settledInTime(rewritten, { ms: timeouts.responseMs, signal, late });
}

function badSwitch(name: string): BalancingProxyError {
  return new BalancingProxyError('ERR_BRP_BAD_RESPONSE', `${name} switched to protocols that it was not asked for`);
}

function badUpgrade(name: string): BalancingProxyError {
  const message = `${name} switched protocols without being asked to, or without saying to which`;
  return new BalancingProxyError('ERR_BRP_BAD_RESPONSE', message);
}

function badResponse(name: string, fault: string): BalancingProxyError {
  return new BalancingProxyError('ERR_BRP_BAD_RESPONSE', `${name} answered with ${fault}`);
}
