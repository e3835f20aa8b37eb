import { Readable } from 'node:stream';
import { joined } from '../../support/consume.ts';
import type { UpstreamResponse } from './transport.ts';
import { isFull } from './upload.ts';

/** How the flow of one response is controlled, with a client that pushes chunks. */
export interface Flow {
  /** Has no more chunks pushed for now. */
  pause(): void;
  /** Has chunks pushed again. */
  resume(): void;
  /** Ends the request, whose response is not needed any more. */
  abort(reason: Error): void;
}

/** The head of a response, with the fields of {@link UpstreamResponse}. */
type ResponseHead = Pick<UpstreamResponse, 'status' | 'statusText' | 'headers' | 'endsWithHead'>;

/** Most bytes that are kept of a body which nobody reads yet. */
const unreadBytes = 65_536;

/**
 * A response whose chunks are pushed. Its stream, which costs as much as all the rest of a response, is made when somebody asks for
 * it: most small bodies are complete before that.
 */
export class PushedResponse implements UpstreamResponse {
  /** As {@link UpstreamResponse.status}. */
  readonly status: number;
  /** As {@link UpstreamResponse.statusText}. */
  readonly statusText: string;
  /** As {@link UpstreamResponse.headers}. */
  readonly headers: readonly string[];
  /** As {@link UpstreamResponse.endsWithHead}. */
  readonly endsWithHead: boolean;
  /** As {@link UpstreamResponse.isUploading}; set where there is a long body. */
  isUploading?: () => boolean;
  readonly #flow: Flow;
  readonly #onDone: () => void;
  readonly #chunks: Buffer[] = [];
  #heldBytes = 0;
  #body: Readable | undefined;
  #trailers: readonly string[] = [];
  #hasEnded = false;
  #error: Error | undefined;

  /**
   * @param flow lets a slow reader stop the chunks.
   * @param onDone is called when nobody can need the body any more.
   */
  constructor({ status, statusText, headers, endsWithHead = false }: ResponseHead, flow: Flow, onDone: () => void) {
    this.status = status;
    this.statusText = statusText;
    this.headers = headers;
    this.endsWithHead = endsWithHead;
    this.#flow = flow;
    this.#onDone = onDone;
  }

  /** As {@link UpstreamResponse.body}; made at the first call. */
  get body(): Readable {
    this.#body ??= this.#createBody();
    return this.#body;
  }

  /** As {@link UpstreamResponse.takeWhole}. */
  takeWhole(): Buffer | undefined {
    if (!this.#hasEnded || this.#body) return undefined;
    this.#onDone();
    return joined(this.#chunks);
  }

  /** As {@link UpstreamResponse.trailers}. */
  trailers(): readonly string[] {
    return this.#trailers;
  }

  /** Takes the next chunk of the body. */
  push(chunk: Buffer): void {
    if (this.#body) {
      if (!this.#body.push(chunk)) this.#flow.pause();
      return;
    }
    this.#chunks.push(chunk);
    this.#heldBytes += chunk.length;
    if (this.#heldBytes > unreadBytes) this.#flow.pause();
  }

  /** Whether the response takes no more chunks until somebody reads. */
  isHeldUp(): boolean {
    return this.#body ? isFull(this.#body) : this.#heldBytes > unreadBytes;
  }

  /** Takes the end of the body, with the trailer fields. */
  end(trailers: readonly string[]): void {
    if (this.#error || this.#hasEnded) return;
    this.#trailers = trailers;
    this.#hasEnded = true;
    this.#body?.push(null);
  }

  /** Gives the body up, also the chunks that have come and are not read yet: the attempt was cancelled. */
  cancel(reason: Error): void {
    if (this.#body) this.#body.destroy(reason);
    else if (!this.#hasEnded) this.#flow.abort(reason);
  }

  /** Breaks the body off, unless it has ended. */
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
    // Without a listener an error would end the process, and nobody has to listen.
    body.on('error', () => {});
    body.once('close', this.#onDone);
    for (const chunk of this.#chunks) body.push(chunk);
    if (this.#hasEnded) body.push(null);
    if (this.#error) body.destroy(this.#error);
    return body;
  }
}
