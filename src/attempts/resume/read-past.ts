import { createHash, type Hash } from 'node:crypto';
import { consume, detach, type StreamReader } from '../../support/consume.ts';
import { responseBrokenOff, responseIdleTimeout, responseLengthFault } from '../../transports/message/response-body.ts';
import type { UpstreamResponse } from '../../transports/message/transport.ts';

/** The beginning of a body that is read for nobody. */
interface Beginning {
  /** The bytes that are left out; 0 waits for the first byte. */
  readonly bytes: number;
  /** The bytes that the whole body announces, or undefined when only its end will tell. */
  readonly announcedBytes: number | undefined;
  /** The SHA-256 that the beginning must have; undefined when there is nothing to compare. */
  readonly digest: Buffer | undefined;
  /** Milliseconds of silence that are borne, or Infinity. */
  readonly idleMs: number;
}

/**
 * Reads a body as far as the client has it, and waits for the first byte behind, or for the end. The body is paused then, with all that
 * is behind still in it.
 * @returns whether the beginning is the same.
 * @throws BalancingProxyError when the body breaks off, is cut short or falls silent.
 */
export function readPast(response: UpstreamResponse, beginning: Beginning): Promise<boolean> {
  return new BeginningReader(response, beginning).run();
}

class BeginningReader implements StreamReader {
  readonly #response: UpstreamResponse;
  readonly #beginning: Beginning;
  readonly #hash: Hash | undefined;
  readonly #result = Promise.withResolvers<boolean>();
  readonly #idle: NodeJS.Timeout | undefined;
  #left: number;

  constructor(response: UpstreamResponse, beginning: Beginning) {
    const { bytes, digest, idleMs } = beginning;
    this.#response = response;
    this.#beginning = beginning;
    this.#left = bytes;
    this.#hash = digest && createHash('sha256');
    if (idleMs < Infinity) this.#idle = setTimeout(this.#onSilence, idleMs);
  }

  run(): Promise<boolean> {
    consume(this.#response.body, this);
    return this.#result.promise;
  }

  /** Takes what the client has, and gives back what it does not have. */
  readonly onData = (chunk: Buffer): void => {
    this.#idle?.refresh();
    const known = Math.min(this.#left, chunk.length);
    this.#hash?.update(known < chunk.length ? chunk.subarray(0, known) : chunk);
    this.#left -= known;
    if (known === chunk.length) return;
    this.#stop();
    // The bytes go back at once: after its last chunk the stream ends before any promise goes on, and takes nothing back then.
    this.#response.body.unshift(chunk.subarray(known));
    this.#result.resolve(this.#isSame());
  };

  /** Ends the reading of a body in which there is nothing behind. */
  readonly onEnd = (): void => {
    this.#stop();
    const { bytes, announcedBytes } = this.#beginning;
    const fault = responseLengthFault(bytes - this.#left, announcedBytes);
    if (fault) this.#result.reject(fault);
    else this.#result.resolve(this.#isSame());
  };

  /** Gives up. */
  readonly onBroken = (cause?: unknown): void => this.#fail(responseBrokenOff(cause));

  readonly #onSilence = (): void => {
    if (this.#response.isUploading?.()) this.#idle?.refresh();
    else this.#fail(responseIdleTimeout(this.#beginning.idleMs));
  };

  #isSame(): boolean {
    const { digest } = this.#beginning;
    return this.#left === 0 && (!digest || this.#hash?.digest().equals(digest) === true);
  }

  #fail(error: Error): void {
    this.#stop();
    this.#result.reject(error);
  }

  #stop(): void {
    clearTimeout(this.#idle);
    this.#response.body.pause();
    detach(this.#response.body, this);
  }
}
