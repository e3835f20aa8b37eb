import { Readable } from 'node:stream';
import { joined } from '../../support/consume.ts';
import type { UpstreamResponse } from './transport.ts';
import { isFull } from './upload.ts';

/** What a client that pushes its chunks lets us do to the flow of one response. */
export interface Flow {
  pause(): void;
  resume(): void;
  abort(reason: Error): void;
}

export interface ResponseHead {
  readonly status: number;
  readonly statusText: string;
  readonly headers: readonly string[];
  /** As in {@link UpstreamResponse}. */
  readonly endsWithHead?: boolean;
}

/** Most bytes that are held for a body which nobody reads yet. */
const unreadBytes = 65_536;

/**
 * A response whose chunks are pushed. Most small bodies are complete before anybody looks at them, so the stream is made
 * only for those that are not: it costs as much as all the rest of the response.
 */
export class PushedResponse implements UpstreamResponse {
  readonly status: number;
  readonly statusText: string;
  readonly headers: readonly string[];
  readonly endsWithHead: boolean;
  isUploading?: () => boolean;
  readonly #flow: Flow;
  readonly #onDone: () => void;
  readonly #chunks: Buffer[] = [];
  #heldBytes = 0;
  #body: Readable | undefined;
  #trailers: readonly string[] = [];
  #hasEnded = false;
  #error: Error | undefined;

  /** @param onDone is called when nobody can need the body any more. */
  constructor({ status, statusText, headers, endsWithHead = false }: ResponseHead, flow: Flow, onDone: () => void) {
    this.status = status;
    this.statusText = statusText;
    this.headers = headers;
    this.endsWithHead = endsWithHead;
    this.#flow = flow;
    this.#onDone = onDone;
  }

  get body(): Readable {
    this.#body ??= this.#createBody();
    return this.#body;
  }

  takeWhole(): Buffer | undefined {
    if (!this.#hasEnded || this.#body) return undefined;
    this.#onDone();
    return joined(this.#chunks);
  }

  trailers(): readonly string[] {
    return this.#trailers;
  }

  push(chunk: Buffer): void {
    if (this.#body) {
      if (!this.#body.push(chunk)) this.#flow.pause();
      return;
    }
    this.#chunks.push(chunk);
    this.#heldBytes += chunk.length;
    if (this.#heldBytes > unreadBytes) this.#flow.pause();
  }

  /** Whether it takes no more until somebody reads. */
  isHeldUp(): boolean {
    return this.#body ? isFull(this.#body) : this.#heldBytes > unreadBytes;
  }

  end(trailers: readonly string[]): void {
    if (this.#error || this.#hasEnded) return;
    this.#trailers = trailers;
    this.#hasEnded = true;
    this.#body?.push(null);
  }

  /** The client has gone: what has come and is not read yet is given up, too. */
  cancel(reason: Error): void {
    if (this.#body) this.#body.destroy(reason);
    else if (!this.#hasEnded) this.#flow.abort(reason);
  }

  fail(error: Error): void {
    if (this.#hasEnded) return;
    this.#error = error;
    this.#body?.destroy(error);
  }

  #createBody(): Readable {
    const body = new Readable({
      read: () => this.#flow.resume(),
      destroy: (error, done) => {
        if (!this.#hasEnded && !this.#error) this.#flow.abort(error ?? new Error('the body was destroyed'));
        done(error);
      },
    });
    // Nobody has to listen.
    body.on('error', () => {});
    body.once('close', this.#onDone);
    for (const chunk of this.#chunks) body.push(chunk);
    if (this.#hasEnded) body.push(null);
    if (this.#error) body.destroy(this.#error);
    return body;
  }
}
