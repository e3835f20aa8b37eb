import { BalancingProxyError } from '../../errors.ts';
import { contentLengthOf } from '../../http/headers.ts';
import { bytesOfRange } from '../../http/ranges.ts';
import type { AttemptSettings } from '../attempt/attempt-settings.ts';
import { examineHead } from '../response/examine.ts';
import type { JudgedResponse, ReceivedResponse } from '../response/judged-response.ts';
import { isPartAsked, mismatchOf } from './mismatch.ts';
import { readPast } from './read-past.ts';
import type { Rest } from './rest.ts';

/**
 * Finds out whether a response brings the rest of a body: by its head, then by the bytes that the client has, where they come once
 * more. The client's head is out, so that no function of the user is asked.
 * @returns the response, with the rest alone in its body, of which the first byte is there.
 * @throws BalancingProxyError `ERR_BRP_NOT_RESUMED` when it does not go on exactly where the client's message broke off; its own error
 * when it is a bad one, or breaks off in turn.
 */
export async function examineRest(
  received: ReceivedResponse,
  settings: AttemptSettings,
  rest: Rest,
): Promise<JudgedResponse> {
  const { attempt, response } = received;
  examineHead(received, settings);
  const mismatch = mismatchOf(response, rest);
  if (mismatch) throw notResumed(attempt.name, mismatch);
  attempt.becameUsable();
  const isPart = isPartAsked(response, rest);
  const [bytes, digest] = isPart ? [0, undefined] : [rest.atByte, rest.digest];
  const announcedBytes = isPart
    ? bytesLeft(rest)
    : (contentLengthOf(response.headers) ?? contentLengthOf(rest.of.headers));
  const { idleMs } = settings.config.timeouts;
  const isSame = await readPast(response, { bytes, announcedBytes, digest, idleMs });
  if (!isSame) throw notResumed(attempt.name, 'its first bytes are not those that the client has');
  return {
    attempt,
    response,
    interim: [],
    body: response.body,
    announcedBytes: announcedBytes === undefined ? undefined : announcedBytes - bytes,
    wins: 'at-head',
    idleMs,
    isUsable: true,
    isPreferred: true,
  };
}

/** The bytes of the range that the client lacks. */
function bytesLeft({ of: { named }, atByte }: Rest): number | undefined {
  return named && bytesOfRange(named.range) - atByte;
}

function notResumed(name: string, why: string): BalancingProxyError {
  return new BalancingProxyError('ERR_BRP_NOT_RESUMED', `${name} does not go on with the body: ${why}`);
}
