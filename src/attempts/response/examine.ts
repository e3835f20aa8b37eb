import type { Readable } from 'node:stream';
import { BalancingProxyError } from '../../errors.ts';
import { coolDownMsOf } from '../../http/retry-after.ts';
import { wholeResponseBody } from '../../transports/message/response-body.ts';
import type { AttemptSettings } from '../attempt/attempt-settings.ts';
import { passesPredicate } from './ask-predicate.ts';
import { rewrittenHeaders } from './client-headers.ts';
import { InspectableBody } from './inspect.ts';
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
  coolDown(received);
  // A Buffer is not awaited: a needless turn for each attempt of each request costs more than all the rest of this function.
  const reading = read(received, settings, verdict);
  const content = reading instanceof Promise ? await reading : reading;
  const inspected = isTerminal ? inspectable(received, settings, { content, announcedBytes }) : undefined;
  const isUsable = isTerminal && (!inspected || (await passesPredicate(received, settings, inspected)));
  if (isUsable) attempt.becameUsable();
  const rewriting = rewrittenHeaders(received, settings);
  const rewritten = rewriting && (await rewriting);
  const body = inspected?.content ?? content;
  return { attempt, response, interim, rewritten, body, announcedBytes, isUsable, isPreferred };
}

function coolDown({ attempt, response: { status, headers } }: ReceivedResponse): void {
  attempt.candidate.endpoint.coolDown(coolDownMsOf(status, headers));
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
