import { Readable } from 'node:stream';
import type { Transport, UpstreamRequest, UpstreamResponse } from '../transports/message/transport.ts';

/** The answer of an endpoint of a {@link fakeTransport}. */
export interface FakeResponse {
  /**
   * The status.
   * @default 200
   */
  readonly status?: number | undefined;
  /**
   * The reason phrase.
   * @default ''
   */
  readonly statusText?: string | undefined;
  /**
   * A flat list of names and values; nothing is added to it, no `Content-Length` either.
   * @default []
   */
  readonly headers?: readonly string[] | undefined;
  /**
   * The body. Text and bytes are there at once, whole. A stream comes as it is read and breaks off when it is destroyed; the transport
   * owns the stream from now on, and destroys it when the attempt is cancelled.
   * @default ''
   */
  readonly body?: string | Buffer | Readable | undefined;
  /**
   * The trailer fields, a flat list.
   * @default []
   */
  readonly trailers?: readonly string[] | undefined;
}

/**
 * Decides what becomes of an attempt: the function gives the response, now or later, or throws, best a `BalancingProxyError` with a code
 * as of `Transport.send`. A promise that is never settled stands for an endpoint that hangs. The signal need not be heeded, since an
 * attempt that is cancelled ends at once.
 */
export type FakeAnswer = (request: UpstreamRequest, signal: AbortSignal) => FakeResponse | Promise<FakeResponse>;

/** A transport that a test decides about, with what became of it. */
export interface FakeTransport extends Transport {
  /** All requests so far, in the order in which they were sent. */
  readonly requests: readonly UpstreamRequest[];
  /** Whether `close()` was called. */
  readonly isClosed: boolean;
}

/**
 * A transport without a network, for tests of what uses a proxy: `fakeTransport(({ address }) => ({ status: 200, body: address.name }))`.
 * @param answer is called once for each attempt.
 */
export function fakeTransport(answer: FakeAnswer): FakeTransport {
  const requests: UpstreamRequest[] = [];
  let isClosed = false;
  return {
    requests,
    get isClosed() {
      return isClosed;
    },
    send: (request, signal) => {
      requests.push(request);
      return answered(async () => answer(request, signal), signal);
    },
    close: async () => {
      isClosed = true;
    },
  };
}

function answered(ask: () => Promise<FakeResponse>, signal: AbortSignal): Promise<UpstreamResponse> {
  const { promise, resolve, reject } = Promise.withResolvers<UpstreamResponse>();
  let body: Readable | undefined;
  const onAbort = (): void => {
    reject(signal.reason);
    body?.destroy(signal.reason instanceof Error ? signal.reason : new Error('the attempt was cancelled'));
  };
  const release = (): void => signal.removeEventListener('abort', onAbort);
  signal.addEventListener('abort', onAbort);
  if (signal.aborted) onAbort();
  else {
    ask().then(
      (answer) => {
        const response = toFakedResponse(answer, release);
        body = response.body;
        if (signal.aborted) onAbort();
        else resolve(response);
      },
      (thrown) => {
        release();
        reject(thrown);
      },
    );
  }
  return promise;
}

function toFakedResponse(answer: FakeResponse, release: () => void): UpstreamResponse {
  const { status = 200, statusText = '', headers = [], body: given = '', trailers = [] } = answer;
  const body = given instanceof Readable ? given : Readable.from(given.length === 0 ? [] : [Buffer.from(given)]);
  // Without a listener an error would end the process; as of any transport, nobody has to listen.
  body.on('error', () => {}).once('close', release);
  const head = { status, statusText, headers, body, trailers: () => trailers };
  if (given instanceof Readable) return head;
  const takeWhole = (): Buffer => {
    release();
    return Buffer.from(given);
  };
  return { ...head, takeWhole };
}
