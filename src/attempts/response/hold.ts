import { BalancingProxyError } from '../../errors.ts';
import { hasReadableEvents } from '../../http/event-stream.ts';
import { FirstEventParser, type ServerSentEvent } from '../../http/first-event.ts';
import type { UpstreamResponse } from '../../transports/message/transport.ts';
import type { AttemptOptions } from '../attempt/attempt-settings.ts';
import { BodyBeginning } from './beginning.ts';
import type { Verdict } from './judge.ts';

/** The options that say how much of a body is waited for. */
export interface HoldOptions extends Pick<AttemptOptions, 'holdBytes' | 'holdMs'> {
  /** Limits in milliseconds, or Infinity. */
  readonly timeouts: Pick<AttemptOptions['timeouts'], 'idleMs'>;
}

/** When a response wins, and how long its body is to be. */
type HoldVerdict = Pick<Verdict, 'wins' | 'announcedBytes'>;

/** A body whose beginning is about to be read. To be called as soon as its head is there. */
export function beginningOf(
  response: UpstreamResponse,
  { wins, announcedBytes }: HoldVerdict,
  { holdBytes, timeouts: { idleMs } }: HoldOptions,
): BodyBeginning {
  return new BodyBeginning(response, { maxBytes: wins === 'whole' ? Infinity : holdBytes, idleMs, announcedBytes });
}

/**
 * Holds a body: until it is whole, or until `holdMs` after its head or `holdBytes` of it when nobody knows its length.
 * @throws BalancingProxyError when the body breaks off, is silent, or has another length than announced.
 */
export async function hold(beginning: BodyBeginning, { wins }: HoldVerdict, { holdMs }: HoldOptions): Promise<void> {
  if (wins !== 'at-head') await beginning.until(() => false, wins === 'whole' ? Infinity : holdMs);
}

/**
 * Holds a body, and waits for what `winAt` asks for.
 * @throws BalancingProxyError as {@link hold}, `ERR_BRP_FIRST_BYTE_TIMEOUT` when the first byte or event takes too long,
 * `ERR_BRP_BAD_RESPONSE` when a stream of events ends without one.
 */
export async function untilMayWin(
  beginning: BodyBeginning,
  { headers }: UpstreamResponse,
  { verdict, config }: { readonly verdict: HoldVerdict; readonly config: AttemptOptions },
): Promise<void> {
  const holding = hold(beginning, verdict, config);
  const { winAt, timeouts } = config;
  if (winAt === 'head' || verdict.announcedBytes === 0) return holding;
  const isEvent = winAt === 'first-event' && hasReadableEvents(headers);
  const firstEvent = firstEventOf(beginning);
  const hasFirst = () => (isEvent ? firstEvent() !== undefined : beginning.bytes > 0);
  const onTime = () => beginning.fail(firstByteTimeout(isEvent ? 'event' : 'byte', timeouts.firstByteMs));
  const first = verdict.wins === 'whole' ? undefined : beginning.until(hasFirst, timeouts.firstByteMs, onTime);
  await Promise.all([holding, first]);
  if (isEvent && beginning.isWhole && !hasFirst()) throw withoutEvent();
}

/** Makes a function that gives the first event of a body as soon as it has come. */
export function firstEventOf({ chunks }: BodyBeginning): () => ServerSentEvent | undefined {
  const parser = new FirstEventParser();
  let parsed = 0;
  return () => {
    for (const chunk of chunks.slice(parsed)) parser.push(chunk);
    parsed = chunks.length;
    return parser.found;
  };
}

function firstByteTimeout(what: string, ms: number): BalancingProxyError {
  return new BalancingProxyError('ERR_BRP_FIRST_BYTE_TIMEOUT', `no ${what} of the response body within ${ms} ms`);
}

function withoutEvent(): BalancingProxyError {
  return new BalancingProxyError('ERR_BRP_BAD_RESPONSE', 'the stream of events ended without one');
}
