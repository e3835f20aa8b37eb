import { Readable } from 'node:stream';
import type { RequestBody } from '../attempts/request/request-body.ts';

/** The client's body after it was taken off the request, as far as it is of use later. */
export class KeptBody {
  #isTaken = false;
  #isStreamed = false;
  #content: Buffer | undefined;
  #bytes = 0;

  /** Whether the body is too large to be replayed, so that it goes to one endpoint only. */
  get isStreamed(): boolean {
    return this.#isStreamed;
  }

  /** Whether nothing of the body is left in the request, so that somebody else who answers has all of it or needs none. */
  get isWhole(): boolean {
    return this.#isTaken && !this.#isStreamed;
  }

  /** Bytes that have come so far: of a body that was read whole or is streamed, or of all that follows an upgrade. */
  get bytes(): number {
    return this.#bytes;
  }

  /** The body as it came, if it was read, for an error handler; undefined when it is forgotten. */
  get content(): Buffer | undefined {
    return this.#content;
  }

  /** Keeps the body that was taken off the request. */
  keep({ content, state }: RequestBody): void {
    this.#isTaken = true;
    this.#isStreamed = content instanceof Readable;
    if (content instanceof Readable) this.count(content);
    else this.#bytes = content?.length ?? 0;
    if (state === 'untouched' && content instanceof Buffer) this.#content = content;
  }

  /** Counts what somebody else will read. Needs no `this`. The stream is paused until then, as a listener would set it going. */
  readonly count = (stream: Readable): void => {
    stream.pause();
    stream.on('data', (chunk: Buffer) => {
      this.#bytes += chunk.length;
    });
  };

  /** Lets go of the content, which is of no use for an error handler when the head of the response is out. */
  forget(): void {
    this.#content = undefined;
  }
}
