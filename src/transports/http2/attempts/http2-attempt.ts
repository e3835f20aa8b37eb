import { STATUS_CODES } from 'node:http';
import http2, { type ClientHttp2Stream, type IncomingHttpHeaders } from 'node:http2';
import { Readable } from 'node:stream';
import { PushedResponse } from '../../message/pushed-response.ts';
import { announcedBytesOf } from '../../message/response-body.ts';
import type { UpstreamRequest, UpstreamResponse } from '../../message/transport.ts';
import { isLong, limitRest, sinceAskedBefore, withoutBody } from '../../message/upload.ts';
import type { Http2Connection } from '../connections/connection.ts';
import { explainStream, isForHttp1, isUnseen, type SentStream } from './explain-stream.ts';
import { fieldsAsSent, handshakeHeaders, requestHeaders } from './headers.ts';
import { LargeCount } from './large-count.ts';
import { sendBody } from './send-body.ts';
import { faultAtEnd, watchEnd } from './watch-end.ts';
import { switchedTo } from './web-socket.ts';

const { NGHTTP2_CANCEL, NGHTTP2_FLAG_END_STREAM } = http2.constants;

/** One attempt as a stream of an HTTP/2 connection, which outlives it. */
export class Http2Attempt {
  #request: UpstreamRequest;
  readonly #connection: Http2Connection;
  readonly #signal: AbortSignal;
  readonly #isHandshake: boolean;
  readonly #result = Promise.withResolvers<UpstreamResponse>();
  #stream: ClientHttp2Stream | undefined;
  #isReused = false;
  #response: PushedResponse | undefined;
  #receivedBytes = 0;
  readonly #large: LargeCount;
  #trailers: readonly string[] = [];
  #hasEnded = () => false;
  #endLimit = (): void => {};

  /** @param isHandshake opens a WebSocket (RFC 8441), which the endpoint must have allowed. */
  constructor(request: UpstreamRequest, connection: Http2Connection, signal: AbortSignal, isHandshake = false) {
    this.#request = request;
    this.#connection = connection;
    this.#large = new LargeCount(connection);
    this.#signal = signal;
    this.#isHandshake = isHandshake;
  }

  /** Whether the endpoint wants this request over HTTP/1.1, and has not looked at it. */
  get isForHttp1(): boolean {
    return isForHttp1(this.#sent) && !this.#response;
  }

  /** Whether the connection was about to end, and the endpoint has not looked at this request (RFC 9113 6.8). */
  get cameTooLate(): boolean {
    return this.#stream !== undefined && this.#connection.isTurnedAway && isUnseen(this.#sent);
  }

  get #sent(): SentStream {
    return { connection: this.#connection, stream: this.#stream, isReused: this.#isReused };
  }

  /** Sends the attempt, as {@link Transport.send}. Cancelling resets the stream and costs no connection. */
  send(): Promise<UpstreamResponse> {
    if (this.#signal.aborted) return Promise.reject(this.#signal.reason);
    const stream = this.#open();
    this.#stream = stream;
    this.#isReused = this.#connection.isReused;
    this.#hasEnded = watchEnd(stream, this.#onAllHere);
    this.#signal.addEventListener('abort', this.#onAbort);
    stream
      .once('response', this.#onResponse)
      .on('headers', this.#onInterim)
      .once('trailers', (headers, _flags, raw?: string[]) => {
        this.#trailers = fieldsAsSent(headers, raw);
      })
      .once('end', this.#onEnd)
      .on('error', this.#onBroken)
      .once('close', this.#onClose);
    return this.#result.promise;
  }

  #open(): ClientHttp2Stream {
    const connection = this.#connection;
    const { body } = this.#request;
    if (this.#isHandshake) return connection.openStream(handshakeHeaders(this.#request), false);
    const hasBody = body instanceof Readable || (body !== undefined && body.length > 0);
    const stream = connection.openStream(requestHeaders(this.#request), !hasBody);
    if (hasBody) this.#endLimit = sendBody(stream, this.#request, () => this.#response?.isHeldUp() === true);
    if (body instanceof Uint8Array) this.#large.carry(body.length);
    return stream;
  }

  #reset(): void {
    const stream = this.#stream;
    if (!stream) return;
    // A stream that the endpoint has ended would stay until all of it is read.
    if (stream.closed) return void stream.destroy();
    this.#connection.countReset();
    stream.close(NGHTTP2_CANCEL);
  }

  readonly #onAbort = (): void => {
    this.#release();
    this.#result.reject(this.#signal.reason);
    if (this.#response) this.#response.cancel(this.#signal.reason);
    else this.#reset();
  };

  readonly #release = (): void => {
    this.#signal.removeEventListener('abort', this.#onAbort);
    this.#large.release();
  };

  readonly #onResponse = (headers: IncomingHttpHeaders, flags: number, raw?: string[]): void => {
    const stream = this.#stream;
    if (!stream || this.#signal.aborted) return;
    const status = Number(headers[':status']);
    if (this.#isHandshake && status === 200) {
      this.#release();
      this.#result.resolve(switchedTo(stream, fieldsAsSent(headers, raw), this.#request));
      return;
    }
    const endsWithHead = (flags & NGHTTP2_FLAG_END_STREAM) > 0;
    // HTTP/2 has no reason phrase: clients of HTTP/1.1 get the usual one.
    const statusText = STATUS_CODES[status] ?? '';
    const head = { status, statusText, headers: fieldsAsSent(headers, raw), endsWithHead };
    const { body } = this.#request;
    this.#request = withoutBody(this.#request);
    const flow = { pause: this.#pause, resume: () => void stream.resume(), abort: () => this.#reset() };
    this.#response = new PushedResponse(head, flow, this.#release);
    if (isLong(body))
      this.#response.isUploading = sinceAskedBefore(() => !stream.writableFinished && !stream.destroyed);
    if (endsWithHead) this.#response.end([]);
    // Any sooner, data would come before the head, of which Node tells in the next tick only.
    stream.on('data', this.#onData);
    this.#result.resolve(this.#response);
  };

  readonly #pause = (): void => {
    // A response that is not read piles up as well.
    this.#large.begin();
    if (!this.#large.isWhole) this.#stream?.pause();
  };

  readonly #onData = (chunk: Buffer): void => {
    this.#receivedBytes += chunk.length;
    this.#large.carry(this.#receivedBytes);
    this.#response?.push(chunk);
  };

  /** Takes all of a whole response: the endpoint may close the connection at once, and with it what is not read. */
  readonly #onAllHere = (): void => {
    this.#large.completeResponse();
    if (this.#response) this.#stream?.resume();
  };

  readonly #onInterim = (headers: IncomingHttpHeaders, _flags: number, raw?: string[]): void => {
    this.#request.onInterim?.({ status: Number(headers[':status']), headers: fieldsAsSent(headers, raw) });
  };

  readonly #onEnd = (): void => {
    const stream = this.#stream;
    if (!stream || !this.#response) return;
    const announcedBytes = announcedBytesOf(this.#response, this.#request.method);
    const fault = faultAtEnd(stream, {
      hasEnded: this.#hasEnded(),
      receivedBytes: this.#receivedBytes,
      announcedBytes,
    });
    if (fault) {
      this.#response.fail(fault);
      return;
    }
    this.#response.end(this.#trailers);
    this.#endLimit();
    if (!stream.writableFinished) limitRest(stream, stream);
  };

  readonly #onClose = (): void => {
    this.#onBroken(new Error('the stream was closed'));
    this.#large.close();
  };

  readonly #onBroken = (error: Error): void => {
    if (this.#response) this.#response.fail(error);
    else {
      this.#release();
      this.#result.reject(explainStream(error, this.#sent, this.#request.address.name));
    }
  };
}
