import type { IncomingMessage, ServerResponse } from 'node:http';
import type { ServerHttp2Stream } from 'node:http2';
import type { Socket } from 'node:net';
import { http2StreamOf, isClientGone } from '../../http/http2-stream.ts';
import { clientGone } from '../connection/client-faults.ts';
import { endedByApp, isBegunByApp, isEndedByApp } from './ending.ts';

/** Watches one client's response until it has ended, so that nothing is done for a client that is gone. */
export class ClientWatch {
  readonly #res: ServerResponse;
  readonly #abort = new AbortController();
  readonly #stream: ServerHttp2Stream | undefined;
  /** Ends the watch over the connection of a pipelined request that waits its turn. */
  readonly #unwatch: (() => void) | undefined;

  constructor(req: IncomingMessage, res: ServerResponse) {
    this.#res = res;
    // Over HTTP/2 a response closes, and says that it has finished, only after the client has ended its upload. A response to HEAD
    // that was not begun does not close at all.
    this.#stream = http2StreamOf(res);
    if (this.#stream) this.#stream.on('finish', this.#onFinish).on('close', this.#onClose);
    else res.on('close', this.#onClose);
    // Node 22 closes no response that has no socket yet.
    if (!res.socket && req.socket) this.#unwatch = onSocketEnd(req.socket, this.#onClose);
    if (isBegunByApp(res)) this.abort(endedByApp());
    else if (isClientGone(res)) this.abort(clientGone());
  }

  /** Fires when nobody waits for the response any more, or on {@link abort}. */
  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  /** Fires the signal for a reason that is not the client's. */
  abort(reason: Error): void {
    this.#abort.abort(reason);
  }

  /** Ends the watch, whose listeners are gone then. */
  end(): void {
    this.#res.off('close', this.#onClose);
    this.#stream?.off('finish', this.#onFinish).off('close', this.#onClose);
    this.#unwatch?.();
  }

  /** A response that was streamed to its end may close before {@link end} is called: losers still have their grace then. */
  readonly #onClose = (): void => {
    const res = this.#res;
    // In node:http2 a stream that the client resets counts as finished, whether or not we have ended it.
    if (this.#stream && res.req.method === 'HEAD' && res.headersSent) this.#onHeadOfApp();
    else if (!res.writableEnded || !res.writableFinished) this.abort(clientGone());
    else this.#onFinish();
  };

  /** The head of a response to HEAD ends the stream. The proxy ends the response with its head, the app may have sent the head alone. */
  #onHeadOfApp(): void {
    if (!this.#res.writableEnded || isEndedByApp(this.#res)) this.abort(endedByApp());
  }

  readonly #onFinish = (): void => {
    if (isEndedByApp(this.#res)) this.abort(endedByApp());
  };
}

/** The requests that wait for the end of one connection. */
interface Waiting {
  /** The functions to call at the end. */
  readonly listeners: Set<() => void>;
  /** The one listener of the socket. */
  readonly onClose: () => void;
}

const waitingBySocket = new WeakMap<Socket, Waiting>();

/**
 * Calls back at the end of a connection. All requests of a connection share one listener of its socket: a client may pipeline any
 * number of requests, and Node takes more than ten listeners for a leak.
 * @returns the function that ends the waiting.
 */
function onSocketEnd(socket: Socket, listener: () => void): () => void {
  const waiting = waitingBySocket.get(socket) ?? startWaiting(socket);
  waiting.listeners.add(listener);
  return () => {
    waiting.listeners.delete(listener);
    if (waiting.listeners.size > 0) return;
    socket.off('close', waiting.onClose);
    waitingBySocket.delete(socket);
  };
}

function startWaiting(socket: Socket): Waiting {
  const listeners = new Set<() => void>();
  const onClose = (): void => {
    for (const listener of listeners) listener();
  };
  const waiting = { listeners, onClose };
  waitingBySocket.set(socket, waiting);
  socket.once('close', onClose);
  return waiting;
}
