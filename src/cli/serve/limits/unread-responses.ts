import { constants as http2Constants } from 'node:http2';
import type { AnyResponse } from './answer-shortly.ts';
import type { SignsOfLife } from './signs-of-life.ts';

/** What a client has not read yet of a response, and since when it has read nothing. */
interface Unread {
  readonly bytes: number;
  readonly sinceMs: number;
}

/**
 * Breaks responses off that are written to their end and whose clients read nothing. The proxy itself is done with those, and looks only
 * after bodies that are still to come.
 */
export class UnreadResponses {
  #known = new Map<AnyResponse, Unread>();
  readonly #life: SignsOfLife;

  /** @param life of the connections over HTTP/2. */
  constructor(life: SignsOfLife) {
    this.#life = life;
  }

  /**
   * Looks at all responses, as often as the limit needs it.
   * @param limitMs milliseconds for which a client may read nothing, or Infinity.
   */
  look(responses: Iterable<AnyResponse>, limitMs: number): void {
    const before = this.#known;
    this.#known = new Map();
    if (limitMs === Infinity) return;
    const now = performance.now();
    for (const res of responses) {
      const { stream } = res;
      // The reset of a stream waits behind what the client does not read.
      if (stream?.closed) this.#life.expect(stream.session, limitMs);
      const bytes = bytesUnread(res);
      if (bytes === undefined) continue;
      const last = before.get(res);
      const unread = last?.bytes === bytes ? last : { bytes, sinceMs: now };
      this.#known.set(res, unread);
      if (now - unread.sinceMs >= limitMs) giveUp(res);
    }
  }
}

/**
 * The bytes that are written and not gone out yet; undefined for a response with more to come, and for one that waits behind another.
 * Less and less is unread of a response that is written to its end, so that the same number means that nothing was read.
 */
function bytesUnread(res: AnyResponse): number | undefined {
  const { stream } = res;
  if (!res.writableEnded || stream?.closed || !(stream ?? res.socket)) return undefined;
  return stream ? stream.writableLength : res.writableLength;
}

/** Ends the stream alone, or the connection over HTTP/1.1. */
function giveUp({ stream, socket }: AnyResponse): void {
  if (stream) stream.close(http2Constants.NGHTTP2_CANCEL);
  else socket?.destroy();
}
