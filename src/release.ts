import type { Answer } from './attempt.ts';
import { isSmall } from './http/incoming.ts';

/** How long a discarded response may take to be read to its end, which keeps its connection, before it is cut. */
const drainMs = 100;

/** How many bytes of a response's body will have been read when it is let go of, as far as that can be told before. */
export function bytesWhenReleased({ body, announcedBytes = 0 }: Answer): number {
  if (body instanceof Uint8Array) return body.length;
  return isSmall(announcedBytes) ? announcedBytes : 0;
}

/** Lets go of a response. Cancelling costs an HTTP/1.1 connection, so what is nearly here is read to its end; the rest is cut. */
export function release({ body, announcedBytes, response }: Answer, abort: AbortController): void {
  response.upgraded?.socket.destroy();
  if (body instanceof Uint8Array || body.readableEnded || response.upgraded) return;
  if (!isSmall(announcedBytes)) {
    abort.abort();
    return;
  }
  const timer = setTimeout(() => abort.abort(), drainMs);
  body.once('close', () => clearTimeout(timer)).resume();
}
