import { Readable } from 'node:stream';
import { BalancingProxyError } from '../../errors.ts';
import { type HeaderList, toNodeHeaders } from '../../http/headers.ts';
import { consume, detach, joined, type StreamReader } from '../../support/consume.ts';
import { checkResponseLength, isResponseBroken, responseBrokenOff } from '../../transports/message/response-body.ts';
import type { InspectedResponse } from '../attempt/inspected-response.ts';

/** A body of which the beginning may have been looked at; what was read is not lost. */
export class InspectableBody {
  readonly #limitBytes: number;
  readonly #announcedBytes: number | undefined;
  #content: Buffer | Readable;
  #beginning: Promise<Buffer> | undefined;
  #fault: BalancingProxyError | undefined;
  #isClosed = false;

  constructor(content: Buffer | Readable, limitBytes: number, announcedBytes?: number) {
    this.#content = content;
    this.#limitBytes = limitBytes;
    this.#announcedBytes = announcedBytes;
  }

  /** The whole body, as it still has to be sent: a Buffer when reading the beginning has reached the end. */
  get content(): Buffer | Readable {
    return this.#content;
  }

  /** What the endpoint did wrong while its body was looked at, whatever the one who looked has made of it. */
  get fault(): BalancingProxyError | undefined {
    return (
      this.#fault ??
      (isResponseBroken(this.#content) ? responseBrokenOff((this.#content as Readable).errored) : undefined)
    );
  }

  /** Whether nobody has asked for the beginning. */
  get isUntouched(): boolean {
    return this.#beginning === undefined;
  }

  beginning(): Promise<Buffer> {
    this.#beginning ??= this.#isClosed ? Promise.reject(new Error('the response was judged already')) : this.#read();
    // A predicate may ask and not wait: an endpoint that breaks off then must not end the process.
    this.#beginning.catch(() => {});
    return this.#beginning;
  }

  /**
   * Nobody may look any more; resolves when a look that is under way has ended.
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
 * Reads until there are `limitBytes` or the body has ended. In the first case the stream is paused and has got back what
 * was read of it.
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
      // At once: a stream whose last chunk this was ends before any promise goes on, and would take nothing back.
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
