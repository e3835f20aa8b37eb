import type { Readable } from 'node:stream';
import type { BalancingProxyError } from '../../errors.ts';
import { consume, detach, joined, type StreamReader } from '../../support/consume.ts';
import { callAfterReading } from '../../support/timer.ts';
import {
  isResponseBroken,
  isResponseTooLong,
  responseBrokenOff,
  responseIdleTimeout,
  responseLengthFault,
  responseTooLong,
} from '../../transports/message/response-body.ts';
import type { UpstreamResponse } from '../../transports/message/transport.ts';

/** How much of a body is read before it is given on. */
interface ReadingLimits {
  /** The most bytes that are read, or Infinity for all; a chunk may bring more. */
  readonly maxBytes: number;
  /** Milliseconds of silence that are borne while somebody waits, or Infinity. */
  readonly idleMs: number;
  /** The bytes that the body must have, or undefined when only its end will tell. */
  readonly announcedBytes: number | undefined;
}

/** Somebody who waits for more of a body, until there is enough. */
interface Wait extends PromiseWithResolvers<void> {
  readonly isEnough: () => boolean;
}

/**
 * The beginning of a response body, which is read into memory before the response may win, and given on as if nobody had read it. The
 * stream flows only while somebody waits for more, but its end or break is noticed at any time until {@link finish} or {@link letGo}.
 */
export class BodyBeginning implements StreamReader {
  /** When the head came. */
  readonly headAt = performance.now();
  /** The bytes that are here, as they came. */
  readonly chunks: Buffer[] = [];
  readonly #response: UpstreamResponse;
  readonly #limits: ReadingLimits;
  readonly #waits = new Set<Wait>();
  #hasBegun = false;
  #stream: Readable | undefined;
  #bytes = 0;
  #isWhole = false;
  #fault: BalancingProxyError | undefined;
  #idle: NodeJS.Timeout | undefined;
  #joined: Buffer | undefined;

  constructor(response: UpstreamResponse, limits: ReadingLimits) {
    this.#response = response;
    this.#limits = limits;
  }

  /** The number of bytes that are here. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Whether all of the body is here. */
  get isWhole(): boolean {
    return this.#isWhole;
  }

  /** The endpoint's fault, if it broke off. */
  get fault(): BalancingProxyError | undefined {
    if (this.#fault || this.#isWhole) return this.#fault;
    const { body } = this.#response;
    return isResponseBroken(body) ? responseBrokenOff(body.errored) : undefined;
  }

  /**
   * Reads on until there is enough, until the body has ended, or until there are as many bytes as are read at most.
   * @param ms how long is waited for that, or Infinity; then there is enough.
   * @param onTime is called when that time is over, and nothing else is done then.
   * @throws BalancingProxyError when the body breaks off, is silent, or has another length than announced.
   */
  async until(isEnough: () => boolean, ms = Infinity, onTime?: () => void): Promise<void> {
    if (!this.#hasBegun) this.#begin();
    if (this.#fault) throw this.#fault;
    if (this.#isOver || isEnough()) return;
    const wait: Wait = { isEnough, ...Promise.withResolvers<void>() };
    const stopTimer = ms < Infinity ? callAfterReading(ms, onTime ?? (() => this.#end(wait))) : undefined;
    this.#waits.add(wait);
    this.#read(ms);
    try {
      await wait.promise;
    } finally {
      stopTimer?.();
    }
  }

  /** All that is here. */
  received(): Buffer {
    if (this.#joined?.length !== this.#bytes) this.#joined = joined(this.chunks);
    return this.#joined;
  }

  /** Gives up on the body, for everybody who waits. */
  fail(fault: BalancingProxyError): void {
    if (this.#fault || this.#isWhole) return;
    this.#fault = fault;
    for (const { reject } of this.#waits) reject(fault);
    this.#waits.clear();
    this.#rest();
  }

  /**
   * Gives the body on: all of it, or the stream, paused, with what was read put back.
   * @throws BalancingProxyError when the endpoint has broken off meanwhile.
   */
  finish(): Buffer | Readable {
    this.letGo();
    if (this.fault) throw this.fault;
    if (this.#isWhole) return this.received();
    const { body } = this.#response;
    if (this.#bytes > 0) body.unshift(this.received());
    return body;
  }

  /** Reads no more. A predicate that was given up may still wait, and is told so. */
  letGo(): void {
    this.#rest();
    if (this.#stream) detach(this.#stream, this);
    this.#stream = undefined;
    for (const { reject } of this.#waits) reject(new Error('the response was judged already'));
  }

  /** Takes the body at once where the transport has all of it. */
  #begin(): void {
    this.#hasBegun = true;
    const whole = this.#response.takeWhole?.();
    if (!whole) return;
    this.chunks.push(whole);
    this.#bytes = whole.length;
    this.onEnd();
  }

  #read(ms: number): void {
    const { idleMs } = this.#limits;
    // Whoever waits for a shorter time would not notice a silence.
    if (ms > idleMs) this.#idle ??= setTimeout(this.#onSilence, idleMs);
    const { body } = this.#response;
    // A listener alone does not wake up a stream that was paused before.
    body.resume();
    if (this.#stream) return;
    this.#stream = body;
    consume(body, this);
  }

  /** Stops the stream until somebody waits again. */
  #rest(): void {
    clearTimeout(this.#idle);
    this.#idle = undefined;
    if (!this.#isWhole) this.#stream?.pause();
  }

  /** Keeps a chunk. */
  readonly onData = (chunk: Buffer): void => {
    this.#idle?.refresh();
    this.chunks.push(chunk);
    this.#bytes += chunk.length;
    if (isResponseTooLong(this.#bytes, this.#limits.announcedBytes)) this.fail(responseTooLong());
    else this.#endWaits();
  };

  /** Takes note of the end. */
  readonly onEnd = (): void => {
    const fault = responseLengthFault(this.#bytes, this.#limits.announcedBytes);
    if (fault) this.fail(fault);
    else {
      this.#isWhole = this.#fault === undefined;
      this.#endWaits();
    }
  };

  /** Takes note of a break. */
  readonly onBroken = (cause?: unknown): void => this.fail(responseBrokenOff(cause));

  readonly #onSilence = (): void => {
    // An endpoint that reads an upload, having answered before, is not silent.
    if (this.#response.isUploading?.()) this.#idle?.refresh();
    else this.fail(responseIdleTimeout(this.#limits.idleMs));
  };

  /** Whether nobody gets more than what is here. A single chunk is read in any case. */
  get #isOver(): boolean {
    return this.#isWhole || (this.#bytes > 0 && this.#bytes >= this.#limits.maxBytes);
  }

  #endWaits(): void {
    for (const wait of this.#waits) if (this.#isOver || wait.isEnough()) this.#end(wait);
  }

  #end(wait: Wait): void {
    this.#waits.delete(wait);
    wait.resolve();
    if (this.#waits.size === 0) this.#rest();
  }
}
