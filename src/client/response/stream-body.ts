import type { ServerResponse } from 'node:http';
import type { Readable } from 'node:stream';
import type { BalancingProxyError } from '../../errors.ts';
import { isEventStream } from '../../http/event-stream.ts';
import { consume, detach, type StreamReader } from '../../support/consume.ts';
import {
  isResponseTooLong,
  responseBrokenOff,
  responseIdleTimeout,
  responseLengthFault,
  responseTooLong,
} from '../../transports/message/response-body.ts';
import type { UpstreamResponse } from '../../transports/message/transport.ts';
import { clientTimeout } from '../connection/client-faults.ts';
import type { ClientResponse } from './client-response.ts';
import { endedByApp, endResponse, isEndedByApp } from './ending.ts';
import { flushHead } from './flush-head.ts';
import { addTrailers, trailersFor } from './trailers.ts';

/** `res` with the method that `compression` adds. */
type FlushableResponse = ServerResponse & { flush?(): void };

/**
 * Sends a body as it comes, with backpressure.
 * @returns the number of its bytes, once all of them are handed to `res`.
 * @throws BalancingProxyError `ERR_BRP_CONNECTION_LOST`, `ERR_BRP_IDLE_TIMEOUT` or `ERR_BRP_CLIENT_TIMEOUT`; whatever
 * `res`'s methods throw.
 */
export function streamBody(res: ServerResponse, body: Readable, answer: ClientResponse): Promise<number> {
  return new BodyStream(res, body, answer).run();
}

class BodyStream implements StreamReader {
  readonly #res: FlushableResponse;
  readonly #answer: ClientResponse;
  /** The response whose body is being sent: the answer's, or one that goes on with it. */
  #response: UpstreamResponse;
  #body: Readable;
  /** The bytes of the whole body, or undefined when only its end will tell. */
  #announcedBytes: number | undefined;
  #idleMs: number;
  readonly #result = Promise.withResolvers<number>();
  /** Whether each chunk goes on at once, where `compression` would wait for more. */
  readonly #isFlushed: boolean;
  #idle: NodeJS.Timeout | undefined;
  #unread: NodeJS.Timeout | undefined;
  #sent = 0;
  /** Whether the client has to read before it gets more. The body cannot tell: node:http sets one going that is cut. */
  #isAwaited = false;
  /** Has the rest of a broken body asked for, which waits for the client. */
  #onReading: (() => void) | undefined;

  constructor(res: FlushableResponse, body: Readable, answer: ClientResponse) {
    this.#res = res;
    this.#answer = answer;
    this.#response = answer.response;
    this.#body = body;
    this.#announcedBytes = answer.announcedBytes;
    this.#idleMs = answer.idleMs;
    this.#isFlushed = res.flush !== undefined && isEventStream(answer.headers);
  }

  /** Begins to send, and resolves when all is sent. */
  run(): Promise<number> {
    // A first event may be minutes away, and its client must see the head now; a body that has broken off may yet be an error page.
    if (this.#body.readableLength === 0 && !this.#body.errored) flushHead(this.#res);
    this.#res.on('drain', this.#onDrain);
    this.#read();
    return this.#result.promise;
  }

  #read(): void {
    if (this.#idleMs < Infinity) this.#idle = setTimeout(this.#onSilence, this.#idleMs);
    // A body whose beginning was looked at is paused, and a listener alone does not wake it up.
    this.#body.resume();
    consume(this.#body, this);
  }

  /** Sends a chunk on. */
  readonly onData = (chunk: Buffer): void =>
    this.#guard(() => {
      if (isEndedByApp(this.#res)) throw endedByApp();
      const bytes = this.#sent + chunk.length;
      if (isResponseTooLong(bytes, this.#announcedBytes)) return this.#onBreak(responseTooLong());
      this.#sent = bytes;
      this.#idle?.refresh();
      this.#answer.resumer?.given?.(chunk);
      if (!this.#res.write(chunk)) this.#awaitClient();
      if (this.#isFlushed) this.#res.flush?.();
    });

  #awaitClient(): void {
    const { clientMs } = this.#answer;
    this.#isAwaited = true;
    this.#body.pause();
    clearTimeout(this.#unread);
    if (clientMs < Infinity) this.#unread = setTimeout(this.#onUnread, clientMs);
  }

  readonly #onUnread = (): void => {
    // A response without a socket is pipelined behind another one: the client was sent nothing yet.
    if (this.#res.socket) this.#fail(clientTimeout(this.#answer.clientMs));
    else this.#unread?.refresh();
  };

  readonly #onDrain = (): void => {
    clearTimeout(this.#unread);
    this.#isAwaited = false;
    this.#idle?.refresh();
    this.#onReading?.();
    this.#body.resume();
  };

  /** Ends the response, if the body has its whole length. */
  readonly onEnd = (): void =>
    this.#guard(() => {
      if (isEndedByApp(this.#res)) throw endedByApp();
      const fault = responseLengthFault(this.#sent, this.#announcedBytes);
      if (fault) this.#onBreak(fault);
      else this.#end();
    });

  #end(): void {
    addTrailers(this.#res, trailersFor(this.#res, this.#response.trailers()));
    endResponse(this.#res);
    this.#settle();
    this.#result.resolve(this.#sent);
  }

  /** Goes on from another endpoint, or gives up. */
  readonly onBroken = (cause?: unknown): void => this.#guard(() => this.#onBreak(responseBrokenOff(cause)));

  readonly #onSilence = (): void => {
    if (isEndedByApp(this.#res)) this.#fail(endedByApp());
    // A body is paused while the client reads slowly, and an endpoint that still reads an upload may be silent.
    else if (this.#isAwaited || this.#response.isUploading?.()) this.#idle?.refresh();
    else this.#guard(() => this.#onBreak(responseIdleTimeout(this.#idleMs)));
  };

  #onBreak(error: BalancingProxyError): void {
    const { resumer } = this.#answer;
    this.#leaveBody();
    if (isEndedByApp(this.#res)) throw endedByApp();
    const mayGoOn = resumer?.brokeOff(error, this.#sent);
    // HTTP/2 tells the end apart from the last byte: an endpoint that breaks off or falls silent between them leaves nothing out.
    const isComplete = this.#sent === this.#announcedBytes && error.code !== 'ERR_BRP_BAD_RESPONSE';
    if (!isComplete && !mayGoOn) throw error;
    if (isComplete) this.#end();
    // A client that reads nothing needs no rest yet, and no endpoint has to hold it ready.
    else void this.#resume(error, this.#isAwaited ? new Promise((resolve) => (this.#onReading = resolve)) : undefined);
  }

  /** Asks for the rest, and gives up when nobody has it. */
  async #resume(error: BalancingProxyError, clientReads?: Promise<void>): Promise<void> {
    try {
      const rest = await this.#answer.resumer?.rest(this.#sent, clientReads);
      if (!rest) throw error;
      this.#response = rest.response;
      this.#body = rest.response.body;
      this.#idleMs = rest.idleMs;
      if (rest.announcedBytes !== undefined) this.#announcedBytes ??= this.#sent + rest.announcedBytes;
      this.#read();
    } catch (thrown) {
      this.#fail(thrown);
    }
  }

  #leaveBody(): void {
    clearTimeout(this.#idle);
    // A client that reads again would set a timer going that was only stopped.
    this.#idle = undefined;
    detach(this.#body, this);
  }

  /** Runs a step of a listener, where an error that middleware throws from `res`'s methods would end the process. */
  #guard(step: () => void): void {
    try {
      step();
    } catch (error) {
      this.#fail(error);
    }
  }

  #fail(error: unknown): void {
    this.#settle();
    this.#answer.onCut?.(this.#sent);
    this.#result.reject(error);
  }

  #settle(): void {
    this.#leaveBody();
    clearTimeout(this.#unread);
    this.#res.off('drain', this.#onDrain);
  }
}
