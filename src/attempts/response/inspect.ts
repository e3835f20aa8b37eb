import { Readable } from 'node:stream';
import { BalancingProxyError } from '../../errors.ts';
import { type HeaderList, toNodeHeaders } from '../../http/headers.ts';
import { consume, detach, joined, type StreamReader } from '../../support/consume.ts';
import { checkResponseLength, isResponseBroken, responseBrokenOff } from '../../transports/message/response-body.ts';
import type { InspectedResponse } from '../attempt/inspected-response.ts';

/** A body of which the beginning may be looked at without being lost for the client. */
export class InspectableBody {
  readonly #limitBytes: number;
  readonly #announcedBytes: number | undefined;
  #content: Buffer | Readable;
  #beginning: Promise<Buffer> | undefined;
  #fault: BalancingProxyError | undefined;
  #isClosed = false;

  /** @param announcedBytes the bytes that the body must have, or undefined when only its end will tell. */
  constructor(content: Buffer | Readable, limitBytes: number, announcedBytes?: number) {
    this.#content = content;
    this.#limitBytes = limitBytes;
    this.#announcedBytes = announcedBytes;
  }

  /** The whole body, as it still has to be sent: a Buffer when reading the beginning has reached the end. */
  get content(): Buffer | Readable {
    return this.#content;
  }

  /** The endpoint's fault while its body was looked at, even if the predicate has swallowed it. */
  get fault(): BalancingProxyError | undefined {
    return (
      this.#fault ??
      (isResponseBroken(this.#content) ? responseBrokenOff((this.#content as Readable).errored) : undefined)
    );
  }

  /** Whether the predicate has not asked for the beginning. */
  get isUntouched(): boolean {
    return this.#beginning === undefined;
  }

  /** The first bytes, at most the limit. @throws BalancingProxyError when the body breaks off before. */
  beginning(): Promise<Buffer> {
    this.#beginning ??= this.#isClosed ? Promise.reject(new Error('the response was judged already')) : this.#read();
    // A predicate may ask and not wait, so that an endpoint that breaks off would end the process by a rejection that nobody handles.
    this.#beginning.catch(() => {});
    return this.#beginning;
  }

  /**
   * Lets nobody look any more. Resolves when a look that is under way has ended.
   * @throws BalancingProxyError when the body broke off before it was looked at.
   */
  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#beginning;
  }

  async #read(): Promise<Buffer> {
    const content = this.#content;
    if (!(content instanceof Readable)) return content.subarray(0, this.#limitBytes);
    try {
      const { bytes, hasEnded } = await readUpTo(content, this.#limitBytes);
      if (hasEnded) checkResponseLength(bytes.length, this.#announcedBytes);
      if (hasEnded) this.#content = bytes;
      return bytes.subarray(0, this.#limitBytes);
    } catch (thrown) {
      if (thrown instanceof BalancingProxyError) this.#fault = thrown;
      throw thrown;
    }
  }
}

/** Shows a response to the user's predicate. */
export function inspected(status: number, headers: HeaderList, body: InspectableBody): InspectedResponse {
  return { status, headers: toNodeHeaders(headers), body: () => body.beginning() };
}

/**
 * Reads until there are `limitBytes` or the body has ended. At the limit the stream is paused, and has got back all that was read.
 */
function readUpTo(body: Readable, limitBytes: number): Promise<{ bytes: Buffer; hasEnded: boolean }> {
  const { promise, resolve, reject } = Promise.withResolvers<{ bytes: Buffer; hasEnded: boolean }>();
  const chunks: Buffer[] = [];
  let received = 0;
  const reader: StreamReader = {
    onData: (chunk) => {
      chunks.push(chunk);
      received += chunk.length;
      if (received < limitBytes) return;
      stop();
      const bytes = joined(chunks);
      // The bytes go back at once: after its last chunk the stream ends before any promise goes on, and takes nothing back then.
      body.unshift(bytes);
      resolve({ bytes, hasEnded: false });
    },
    onEnd: () => {
      stop();
      resolve({ bytes: joined(chunks), hasEnded: true });
    },
    onBroken: (cause) => {
      stop();
      reject(responseBrokenOff(cause));
    },
  };
  const stop = (): void => {
    body.pause();
    detach(body, reader);
  };
  consume(body, reader);
  return promise;
}
