import { BalancingProxyError } from '../../errors.ts';
import { settledInTime } from '../../support/until-aborted.ts';
import { callHook } from '../../support/user-function.ts';
import type { AttemptSettings } from '../attempt/attempt-settings.ts';
import { type InspectableBody, inspected } from './inspect.ts';
import type { ReceivedResponse } from './judged-response.ts';

/**
 * Asks the user's predicate, which may read the beginning of the body.
 * @throws BalancingProxyError `ERR_BRP_HOOK` when the predicate fails, `ERR_BRP_NOT_JUDGED` when it does not settle in time; the
 * endpoint's own error when the body breaks off meanwhile.
 */
export async function passesPredicate(
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
