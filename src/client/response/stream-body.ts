import type { ServerResponse } from 'node:http';
import type { Readable } from 'node:stream';
import type { JudgedResponse } from '../../attempts/response/judged-response.ts';
import { isEventStream } from '../../http/event-stream.ts';
import { type HeaderList, hasHighByte } from '../../http/headers.ts';
import { consume, detach, type StreamReader } from '../../support/consume.ts';
import {
  checkResponseLength,
  isResponseTooLong,
  responseBrokenOff,
  responseIdleTimeout,
  responseTooLong,
} from '../../transports/message/response-body.ts';
import { clientTimeout } from '../connection/client-faults.ts';
import { endedByApp, endResponse, isEndedByApp } from './ending.ts';
import { addTrailers, trailersFor } from './trailers.ts';

/** A response as it is sent to the client. */
export interface ClientResponse extends Pick<JudgedResponse, 'response' | 'interim' | 'body' | 'announcedBytes'> {
  /** The headers to send, without hop-by-hop ones. */
  readonly headers: HeaderList;
  /** Milliseconds that the endpoint may be silent within the body, or Infinity. */
  readonly idleMs: number;
  /** Milliseconds that the client may leave what was written to it unread, or Infinity. */
  readonly clientMs: number;
  /** Called when the head is accepted: nobody else can answer any more. */
  onHead?(): void;
}

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
  readonly #body: Readable;
  readonly #answer: ClientResponse;
  readonly #result = Promise.withResolvers<number>();
  /** Whether each chunk goes on at once, where `compression` would wait for more. */
  readonly #isFlushed: boolean;
  #idle: NodeJS.Timeout | undefined;
  #unread: NodeJS.Timeout | undefined;
  #sent = 0;

  constructor(res: FlushableResponse, body: Readable, answer: ClientResponse) {
    this.#res = res;
    this.#body = body;
    this.#answer = answer;
    this.#isFlushed = res.flush !== undefined && isEventStream(answer.headers);
  }

  /** Begins to send, and resolves when all is sent. */
  run(): Promise<number> {
    const body = this.#body;
    const { idleMs } = this.#answer;
    // An event stream's first event may be minutes away; its client must see the head now.
    if (body.readableLength === 0) flushHead(this.#res);
    if (idleMs < Infinity) this.#idle = setTimeout(this.#onSilence, idleMs);
    this.#res.on('drain', this.#onDrain);
    // A body whose beginning was looked at is paused, and a listener alone does not wake it up.
    body.resume();
    consume(body, this);
    return this.#result.promise;
  }

  /** Sends a chunk on. */
  readonly onData = (chunk: Buffer): void =>
    this.#guard(() => {
      if (isEndedByApp(this.#res)) throw endedByApp();
      const { announcedBytes } = this.#answer;
      if (isResponseTooLong(this.#sent + chunk.length, announcedBytes)) throw responseTooLong();
      this.#sent += chunk.length;
      this.#idle?.refresh();
      if (!this.#res.write(chunk)) this.#awaitClient();
      if (this.#isFlushed) this.#res.flush?.();
    });

  #awaitClient(): void {
    const { clientMs } = this.#answer;
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
    this.#idle?.refresh();
    this.#body.resume();
  };

  /** Ends the response, if the body has its whole length. */
  readonly onEnd = (): void =>
    this.#guard(() => {
      if (isEndedByApp(this.#res)) throw endedByApp();
      checkResponseLength(this.#sent, this.#answer.announcedBytes);
      addTrailers(this.#res, trailersFor(this.#res, this.#answer.response.trailers()));
      endResponse(this.#res);
      this.#settle();
      this.#result.resolve(this.#sent);
    });

  /** Gives up. */
  readonly onBroken = (cause?: unknown): void => this.#fail(responseBrokenOff(cause));

  readonly #onSilence = (): void => {
    if (isEndedByApp(this.#res)) this.#fail(endedByApp());
    // A body is paused while the client reads slowly, and an endpoint that still reads an upload may be silent.
    else if (this.#body.isPaused() || this.#answer.response.isUploading?.()) this.#idle?.refresh();
    else this.#fail(responseIdleTimeout(this.#answer.idleMs));
  };

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
    this.#result.reject(error);
  }

  #settle(): void {
    clearTimeout(this.#idle);
    clearTimeout(this.#unread);
    detach(this.#body, this);
    this.#res.off('drain', this.#onDrain);
  }
}

function flushHead(res: ServerResponse): void {
  // `flushHeaders` sends bytes above 127 as UTF-8. An empty write does not, but `compression` holds it back.
  if (res.req.httpVersionMajor < 2 && Object.values(res.getHeaders()).some(hasHighByte)) res.write('', 'latin1');
  else res.flushHeaders();
}
