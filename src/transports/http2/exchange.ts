import { STATUS_CODES } from 'node:http';
import http2, { type ClientHttp2Stream, type IncomingHttpHeaders, type OutgoingHttpHeaders } from 'node:http2';
import type { BalancingProxyError } from '../../errors.ts';
import { groupByName } from '../../http/headers.ts';
import { explain } from '../explain.ts';
import { PushedResponse } from '../pushed-response.ts';
import type { UpstreamRequest, UpstreamResponse } from '../transport.ts';
import { limitRest } from '../upload.ts';
import { type Http2Connection, probe } from './sessions.ts';

const { NGHTTP2_CANCEL, NGHTTP2_REFUSED_STREAM } = http2.constants;

/** What HTTP/2 has no use for, or says in another way (RFC 9113 8.2.2, 8.3.1). */
const left: ReadonlySet<string> = new Set([
  'connection',
  'host',
  'http2-settings',
  'keep-alive',
  'proxy-connection',
  'transfer-encoding',
  'upgrade',
]);

/** One request and its response as a stream of an HTTP/2 connection, which outlives it. */
export class Http2Exchange {
  readonly #request: UpstreamRequest;
  readonly #connection: Http2Connection;
  readonly #signal: AbortSignal;
  readonly #result = Promise.withResolvers<UpstreamResponse>();
  readonly #isReused: boolean;
  readonly #startedAtMs = performance.now();
  #stream: ClientHttp2Stream | undefined;
  #response: PushedResponse | undefined;
  #trailers: readonly string[] = [];
  #hasEnded = () => false;

  constructor(request: UpstreamRequest, connection: Http2Connection, signal: AbortSignal) {
    this.#request = request;
    this.#connection = connection;
    this.#signal = signal;
    this.#isReused = connection.served > 0;
  }

  /** As {@link Transport.send}. Cancelling resets the stream and costs no connection. */
  send(): Promise<UpstreamResponse> {
    if (this.#signal.aborted) return Promise.reject(this.#signal.reason);
    const stream = this.#open();
    this.#stream = stream;
    this.#hasEnded = watchEnd(stream);
    this.#signal.addEventListener('abort', this.#onAbort);
    stream
      .once('response', this.#onResponse)
      .on('headers', this.#onInterim)
      .once('trailers', (headers, _flags, raw?: string[]) => {
        this.#trailers = listOf(headers, raw);
      })
      .once('end', this.#onEnd)
      .on('error', this.#onBroken)
      .once('close', () => this.#onBroken(new Error('the stream was closed')));
    return this.#result.promise;
  }

  #open(): ClientHttp2Stream {
    const connection = this.#connection;
    const { body } = this.#request;
    const hasBody = body instanceof Uint8Array && body.length > 0;
    // It throws for headers that it does not send.
    const stream = connection.session.request(headersOf(this.#request), { endStream: !hasBody });
    connection.session.ref();
    connection.open++;
    connection.served++;
    stream.once('close', () => {
      // An idle connection must keep no process alive.
      if (--connection.open === 0) connection.session.unref();
    });
    if (hasBody) stream.end(body);
    return stream;
  }

  readonly #onAbort = (): void => {
    this.#release();
    this.#result.reject(this.#signal.reason);
    if (this.#response) this.#response.cancel(this.#signal.reason);
    else {
      this.#stream?.close(NGHTTP2_CANCEL);
      const { connectMs } = this.#request;
      if (performance.now() - this.#startedAtMs > connectMs) probe(this.#connection, connectMs);
    }
  };

  readonly #release = (): void => this.#signal.removeEventListener('abort', this.#onAbort);

  readonly #onResponse = (headers: IncomingHttpHeaders, _flags: number, raw?: string[]): void => {
    const stream = this.#stream;
    if (!stream || this.#signal.aborted) return;
    const status = Number(headers[':status']);
    // HTTP/2 has no reason phrase: clients of HTTP/1.1 get the usual one.
    const head = { status, statusText: STATUS_CODES[status] ?? '', headers: listOf(headers, raw) };
    const flow = {
      pause: () => void stream.pause(),
      resume: () => void stream.resume(),
      abort: () => stream.close(NGHTTP2_CANCEL),
    };
    const response = new PushedResponse(head, flow, this.#release);
    this.#response = response;
    // Not before: Node tells of data at once, but of the head that came before it only in the next tick.
    stream.on('data', (chunk: Buffer) => response.push(chunk));
    this.#result.resolve(response);
  };

  readonly #onInterim = (headers: IncomingHttpHeaders, _flags: number, raw?: string[]): void => {
    this.#request.onInterim?.({ status: Number(headers[':status']), headers: listOf(headers, raw) });
  };

  readonly #onEnd = (): void => {
    const stream = this.#stream;
    if (!this.#hasEnded()) this.#response?.fail(new Error(`the stream was reset with code ${stream?.rstCode}`));
    else {
      this.#response?.end(this.#trailers);
      if (stream && !stream.writableFinished) limitRest(stream, { until: 'finish', of: stream });
    }
  };

  readonly #onBroken = (error: Error): void => {
    if (this.#response) this.#response.fail(error);
    else {
      this.#release();
      this.#result.reject(this.#explain(error));
    }
  };

  #explain(error: Error): BalancingProxyError {
    const { name } = this.#request.address;
    const { session } = this.#connection;
    // A stream that was refused was not looked at, and what dies with its connection may have found it closed.
    const isRefused = this.#stream?.rstCode === NGHTTP2_REFUSED_STREAM;
    const isStale = isRefused || (this.#isReused && (session.closed || session.destroyed));
    return explain(error, { name, isConnected: true, isReused: isStale });
  }
}

/**
 * Node makes a clean end, too, of a stream that was cancelled, whose connection was lost, or that the endpoint reset with
 * NO_ERROR, as Envoy breaks off a body. Only such a stream is closed before its end comes.
 * @returns whether the endpoint itself has ended the stream.
 */
function watchEnd(stream: ClientHttp2Stream): () => boolean {
  let hasEnded = false;
  const { push } = stream;
  stream.push = (chunk, encoding) => {
    if (chunk === null && !stream.closed) hasEnded = true;
    return push.call(stream, chunk, encoding);
  };
  return () => hasEnded;
}

function headersOf({ method, target, headers }: UpstreamRequest): OutgoingHttpHeaders {
  const object: OutgoingHttpHeaders = { ':method': method, ':path': target };
  for (const { name, values } of groupByName(headers)) {
    const lower = name.toLowerCase();
    if (lower === 'host') object[':authority'] = values[0];
    if (!left.has(lower)) object[lower] = values.length === 1 ? values[0] : values;
  }
  return object;
}

/** Names and values as they came, less the pseudo headers. */
function listOf(headers: IncomingHttpHeaders, raw: readonly string[] | undefined): readonly string[] {
  const list =
    raw ?? Object.entries(headers).flatMap(([name, value]) => [value ?? []].flat().flatMap((one) => [name, one]));
  return list.filter((_, index) => !list[index - (index % 2)]?.startsWith(':'));
}
