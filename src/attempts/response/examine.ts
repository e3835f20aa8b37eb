import type { Readable } from 'node:stream';
import { BalancingProxyError } from '../../errors.ts';
import { hasReadableEvents } from '../../http/event-stream.ts';
import { coolDownMsOf } from '../../http/retry-after.ts';
import { settledInTime } from '../../support/until-aborted.ts';
import { callHook } from '../../support/user-function.ts';
import { wholeIfHere } from '../../transports/message/response-body.ts';
import type { AttemptOptions, AttemptSettings } from '../attempt/attempt-settings.ts';
import { hookContext } from '../attempt/hook-context.ts';
import { BodyBeginning } from './beginning.ts';
import { beginningOf, untilMayWin } from './hold.ts';
import { Inspection } from './inspect.ts';
import { judge, type Verdict } from './judge.ts';
import type { JudgedResponse, ReceivedResponse } from './judged-response.ts';

/**
 * Finds out whether a response may win: judges its head, lets its endpoint cool down, holds its body, and asks the user's predicate, in
 * this order.
 * @throws BalancingProxyError when the response is a bad one, its body breaks off, or a function of the user fails.
 */
export async function examine(received: ReceivedResponse, settings: AttemptSettings): Promise<JudgedResponse> {
  const { attempt, response, interim } = received;
  const verdict = examineHead(received, settings);
  const { isTerminal, isPreferred, announcedBytes, wins } = verdict;
  const content = contentOf(received, settings.config, verdict);
  const beginning = content instanceof BodyBeginning ? content : undefined;
  try {
    // A Buffer is not awaited: a needless turn for each attempt of each request costs more than all the rest of this function.
    const isUsable = isTerminal && (!beginning || (await mayWin(beginning, received, { settings, verdict })));
    if (isUsable) attempt.becameUsable();
    const body = content instanceof BodyBeginning ? content.finish() : content;
    const { idleMs } = settings.config.timeouts;
    return { attempt, response, interim, body, announcedBytes, wins, idleMs, isUsable, isPreferred };
  } finally {
    beginning?.letGo();
  }
}

/**
 * Judges the head of a response, and lets its endpoint cool down where the head asks for it.
 * @throws BalancingProxyError when the response is a bad one.
 */
export function examineHead({ attempt, response }: ReceivedResponse, { outgoing, config }: AttemptSettings): Verdict {
  const verdict = judge(response, outgoing, config);
  if (verdict.fault) throw new BalancingProxyError('ERR_BRP_BAD_RESPONSE', `${attempt.name} ${verdict.fault}`);
  attempt.candidate.endpoint.coolDown(coolDownMsOf(response.status, response.headers));
  return verdict;
}

/** The body as the transport gives it, or whole where it is here and nobody wants to look at it; else a beginning to read. */
function contentOf(
  { response }: ReceivedResponse,
  config: AttemptOptions,
  verdict: Verdict,
): Buffer | Readable | BodyBeginning {
  const { isTerminal, wins, announcedBytes } = verdict;
  if (!isTerminal || response.upgraded) return response.body;
  if (!config.isUsable && !isLookedAt(response.headers, config, verdict)) {
    if (wins === 'at-head') return response.body;
    const whole = wholeIfHere(response, announcedBytes);
    if (whole) return whole;
  }
  return beginningOf(response, verdict, config);
}

/** Whether `winAt` asks for something of the body, and not for its end alone. */
function isLookedAt(headers: readonly string[], { winAt }: AttemptOptions, { wins }: Verdict): boolean {
  return winAt !== 'head' && (wins === 'at-head' || (winAt === 'first-event' && hasReadableEvents(headers)));
}

/** What the judgement of a body depends on. */
interface Judging {
  readonly settings: AttemptSettings;
  readonly verdict: Verdict;
}

/** Waits until the body has come as far as it must, then asks the user's predicate. */
async function mayWin(
  beginning: BodyBeginning,
  received: ReceivedResponse,
  { settings, verdict }: Judging,
): Promise<boolean> {
  const { config } = settings;
  await untilMayWin(beginning, received.response, { verdict, config });
  if (!config.isUsable) return true;
  return passesPredicate(received, settings, beginning);
}

/**
 * Asks the user's predicate, which may read the beginning of the body.
 * @throws BalancingProxyError `ERR_BRP_HOOK` when the predicate fails, `ERR_BRP_NOT_JUDGED` when it does not settle in time; the
 * endpoint's own error when the body breaks off meanwhile.
 */
async function passesPredicate(
  { attempt, response }: ReceivedResponse,
  { req, config, abort: { signal } }: AttemptSettings,
  beginning: BodyBeginning,
): Promise<boolean> {
  const { isUsable, timeouts } = config;
  const inspection = new Inspection(response, beginning, config);
  const verdict: unknown = callHook('isUsable', () => isUsable?.(inspection.shown, hookContext(attempt, req)));
  if (typeof verdict === 'boolean' && inspection.isUntouched) {
    inspection.close();
    return verdict;
  }
  const late = () =>
    new BalancingProxyError('ERR_BRP_NOT_JUDGED', `\`isUsable\` did not settle on ${attempt.name} in time`);
  try {
    return await settledInTime(finalVerdict(verdict, inspection), { ms: timeouts.responseMs, signal, late });
  } catch (thrown) {
    // When the endpoint breaks off while the predicate reads, the predicate fails in whatever way: the endpoint is to blame.
    throw beginning.fault ?? thrown;
  }
}

/** The verdict, once nobody looks at the body any more. */
async function finalVerdict(verdict: unknown, inspection: Inspection): Promise<boolean> {
  const isUsable = Boolean(await verdict);
  await inspection.close();
  return isUsable;
}
