import type { Readable } from 'node:stream';
import { BalancingProxyError } from '../../errors.ts';
import { coolDownMsOf } from '../../http/retry-after.ts';
import { settledInTime } from '../../support/until-aborted.ts';
import { callHook } from '../../support/user-function.ts';
import { wholeResponseBody } from '../../transports/message/response-body.ts';
import type { AttemptSettings } from '../attempt/attempt-settings.ts';
import { rewrittenHeaders } from './client-headers.ts';
import { InspectableBody, inspected } from './inspect.ts';
import { judge, type Verdict } from './judge.ts';
import type { JudgedResponse, ReceivedResponse } from './judged-response.ts';

/**
 * Finds out whether a response may win: judges its head, lets its endpoint cool down, reads a small body, asks the user's
 * predicate, and lets the user rewrite the headers, in this order.
 * @throws BalancingProxyError when the response is a bad one, its body breaks off, or a function of the user fails.
 */
export async function examine(received: ReceivedResponse, settings: AttemptSettings): Promise<JudgedResponse> {
  const { attempt, response, interim } = received;
  const verdict = judge(response, settings.outgoing, settings.config);
  const { fault, isTerminal, isPreferred, announcedBytes } = verdict;
  if (fault) throw new BalancingProxyError('ERR_BRP_BAD_RESPONSE', `${attempt.name} ${fault}`);
  attempt.candidate.endpoint.coolDown(coolDownMsOf(response.status, response.headers));
  // A Buffer is not awaited: a needless turn for each attempt of each request costs more than all the rest of this function.
  const reading = read(received, settings, verdict);
  const content = reading instanceof Promise ? await reading : reading;
  const shown = isTerminal ? inspectable(received, settings, { content, announcedBytes }) : undefined;
  const isUsable = isTerminal && (!shown || (await passesPredicate(received, settings, shown)));
  if (isUsable) attempt.becameUsable();
  const rewriting = rewrittenHeaders(received, settings);
  const rewritten = rewriting && (await rewriting);
  const body = shown?.content ?? content;
  return { attempt, response, interim, rewritten, body, announcedBytes, isUsable, isPreferred };
}

/** The body: read to its end when the response wins only whole, else as it comes. */
function read(
  { response }: ReceivedResponse,
  { config }: AttemptSettings,
  { wins, announcedBytes }: Verdict,
): Buffer | Readable | Promise<Buffer> {
  if (wins === 'at-head') return response.body;
  return wholeResponseBody(response, { idleMs: config.timeouts.idleMs, announcedBytes });
}

/** The body as the user's predicate may look at it; undefined when there is no predicate, or the connection has left HTTP. */
function inspectable(
  { response }: ReceivedResponse,
  { config: { isUsable, inspectLimitBytes } }: AttemptSettings,
  { content, announcedBytes }: Pick<Verdict, 'announcedBytes'> & { readonly content: Buffer | Readable },
): InspectableBody | undefined {
  if (!isUsable || response.upgraded) return undefined;
  return new InspectableBody(content, inspectLimitBytes, announcedBytes);
}

/**
 * Asks the user's predicate, which may read the beginning of the body.
 * @throws BalancingProxyError `ERR_BRP_HOOK` when the predicate fails, `ERR_BRP_NOT_JUDGED` when it does not settle in time; the
 * endpoint's own error when the body breaks off meanwhile.
 */
async function passesPredicate(
  { attempt, response: { status, headers } }: ReceivedResponse,
  { config: { isUsable, timeouts }, abort: { signal } }: AttemptSettings,
  body: InspectableBody,
): Promise<boolean> {
  const verdict: unknown = callHook('isUsable', () => isUsable?.(inspected(status, headers, body)));
  if (typeof verdict === 'boolean' && body.isUntouched) {
    body.close();
    return verdict;
  }
  const late = () =>
    new BalancingProxyError('ERR_BRP_NOT_JUDGED', `\`isUsable\` did not settle on ${attempt.name} in time`);
  try {
    return await settledInTime(finalVerdict(verdict, body), { ms: timeouts.responseMs, signal, late });
  } catch (thrown) {
    // When the endpoint breaks off while the predicate reads, the predicate fails in whatever way: the endpoint is to blame.
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
