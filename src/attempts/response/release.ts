import type { Arrival, Condition } from '../../race/rules.ts';
import { isResponseBroken } from '../../transports/message/response-body.ts';
import type { JudgedResponse } from './judged-response.ts';

/** Milliseconds for which a discarded response is read to its end, which keeps its connection, before it is cut. */
const drainMs = 100;

/** The state of a response that is kept unread. Transports read ahead, so that a break shows before anybody reads. */
export function conditionOf({ body, announcedBytes }: JudgedResponse): Condition {
  if (body instanceof Uint8Array) return 'whole';
  if (isResponseBroken(body)) return 'broken';
  return body.readableEnded || body.readableLength === announcedBytes ? 'whole' : 'coming';
}

/** The bytes of a response's body that will have been read for nobody when it is let go of, as far as its head tells. */
export function bytesWhenReleased({ body, announcedBytes = 0, wins }: JudgedResponse): number {
  if (body instanceof Uint8Array) return body.length;
  // What was held is in the stream again.
  if (wins === 'held') return body.readableLength;
  return wins === 'whole' ? announcedBytes : 0;
}

/** Lets go of a response. Cancelling costs an HTTP/1.1 connection, so that a small body is read to its end; any other is cut. */
export function release({ value, abort }: Arrival<JudgedResponse>): void {
  const { body, wins, response } = value;
  response.upgraded?.socket.destroy();
  if (body instanceof Uint8Array || body.readableEnded || body.destroyed || response.upgraded) return;
  if (abort.signal.aborted) return;
  if (wins !== 'whole') {
    abort.abort();
    return;
  }
  const timer = setTimeout(() => abort.abort(), drainMs);
  body.once('close', () => clearTimeout(timer)).resume();
}
