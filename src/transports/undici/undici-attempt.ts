import type { ConnectionRoute } from '../connect/route.ts';
import { NodeAttempt } from '../http1/node-attempt.ts';
import { connectTimeout, explain } from '../message/explain.ts';
import { type Flow, PushedResponse } from '../message/pushed-response.ts';
import type { UpstreamRequest, UpstreamResponse } from '../message/transport.ts';
import { isLong, sinceAskedBefore, withoutBody } from '../message/upload.ts';

/** undici's handle of a request that is under way. */
interface Controller extends Flow {
  readonly rawHeaders?: unknown;
  readonly rawTrailers?: unknown;
}

/** A request as undici wants it. */
export interface DispatchOptions {
  /** Protocol, host and port, by which undici finds the pool. */
  readonly origin: string;
  /** The request target, sent as it is. */
  readonly path: string;
  /** The method, sent as it is. */
  readonly method: string;
  /** A flat list of names and values. */
  readonly headers: string[];
  /** The whole body; null for none. */
  readonly body: Buffer | null;
  /** Whether the connection is closed after the response. */
  readonly reset: boolean;
  /** The name for the certificate: otherwise undici would take `Host`, which may be the client's. */
  readonly servername?: string;
}

/** The connection that a request was given. */
export interface UsedConnection {
  /** Begins an attempt, and says whether others went over this connection before. */
  use(attempt: UndiciAttempt): boolean;
  /** Ends an attempt whose response is whole; the endpoint has to read what is left of the request. */
  release(attempt: UndiciAttempt): void;
  /** Gets the headers of each response. */
  heed(headers: readonly string[]): void;
  /** Whether something is still to be sent over the connection. */
  isSending(): boolean;
}

/** One attempt over undici, whose handler it is. */
export class UndiciAttempt {
  /** The client of undici that sends the attempt. */
  client: { readonly connection: UsedConnection | undefined } | undefined;
  /** The request, without its body once the response has begun. */
  request: UpstreamRequest;
  /** Whether the body goes only to an endpoint that reads. */
  readonly isUpload: boolean;
  readonly #signal: AbortSignal;
  readonly #route: ConnectionRoute;
  readonly #result = Promise.withResolvers<UpstreamResponse>();
  #controller: Controller | undefined;
  #connection: UsedConnection | undefined;
  #response: PushedResponse | undefined;
  #isReused = false;

  /** @param signal cancels the attempt. @param route the way that a connection over node:http takes. */
  constructor(request: UpstreamRequest, signal: AbortSignal, route: ConnectionRoute) {
    this.#route = route;
    this.request = request;
    this.isUpload = isLong(request.body);
    this.#signal = signal;
  }

  /**
   * Sends the attempt, as {@link Transport.send}.
   * @param dispatch hands the request to undici, with this object as its handler.
   */
  send(dispatch: (options: DispatchOptions) => void): Promise<UpstreamResponse> {
    if (this.#signal.aborted) this.#result.reject(this.#signal.reason);
    else {
      this.#signal.addEventListener('abort', this.#onAbort);
      dispatch(this.#dispatchOptions());
    }
    return this.#result.promise;
  }

  /** Sends the request over node:http, on a connection of its own, in undici's place. */
  sendAlone(): void {
    // The attempt may have been cancelled while it waited for a connection.
    if (this.#signal.aborted) return;
    this.#release();
    this.#result.resolve(new NodeAttempt(this.request, undefined, this.#route).send(this.#signal));
  }

  #dispatchOptions(): DispatchOptions {
    const { address, method, target, headers, body, tls } = this.request;
    return {
      origin: `${address.secure ? 'https' : 'http'}://${address.host}`,
      path: target,
      method,
      headers: headers as string[],
      body: body instanceof Uint8Array ? body : null,
      // undici would close the connection after a HEAD.
      reset: false,
      ...(address.secure && { servername: tls?.servername ?? address.hostname }),
    };
  }

  readonly #onAbort = (): void => {
    this.#release();
    this.#result.reject(this.#signal.reason);
    if (this.#response) this.#response.cancel(this.#signal.reason);
    else this.#controller?.abort(this.#signal.reason);
  };

  readonly #release = (): void => this.#signal.removeEventListener('abort', this.#onAbort);

  /** Called by undici when it sends the request. */
  onRequestStart(controller: Controller): void {
    // An attempt may be cancelled while it waits for a connection, which `controller.abort` would close.
    if (this.#signal.aborted) throw this.#signal.reason;
    // When a neighbour is cancelled, undici sends pipelined requests again, also a write and one whose response has begun.
    if (this.#controller) throw new Error('the connection was closed');
    this.#controller = controller;
    this.#connection = this.client?.connection;
    this.#isReused = this.#connection?.use(this) === true;
  }

  /** Called by undici with the head of each response, interim ones included. */
  onResponseStart(controller: Controller, status: number, _: unknown, statusText = ''): void {
    const headers = decodedFields(controller.rawHeaders);
    if (status < 200) {
      this.request.onInterim?.({ status, headers });
      return;
    }
    this.#connection?.heed(headers);
    this.request = withoutBody(this.request);
    this.#response = new PushedResponse({ status, statusText: asSent(statusText), headers }, controller, this.#release);
    if (this.isUpload) this.#response.isUploading = sinceAskedBefore(() => this.#connection?.isSending() === true);
    this.#result.resolve(this.#response);
  }

  /** Called by undici with each chunk of the body. */
  onResponseData(_: unknown, chunk: Buffer): void {
    this.#response?.push(chunk);
  }

  /** Called by undici at the end of the body. */
  onResponseEnd(controller: Controller): void {
    this.#connection?.release(this);
    this.#response?.end(decodedFields(controller.rawTrailers));
  }

  /** Whether the response takes no more chunks until somebody reads. */
  isHeldUp(): boolean {
    return this.#response?.isHeldUp() === true;
  }

  /** Breaks the response off with its connection, of which undici may make a clean end. */
  onBroken(error: Error): void {
    this.#response?.fail(error);
  }

  /** Called by undici when the attempt fails, before or after the head. */
  onResponseError(_: unknown, error: Error): void {
    this.#release();
    if (this.#response) this.#response.fail(error);
    else if (!this.#signal.aborted) this.#result.reject(this.#explain(error));
  }

  #explain(error: NodeJS.ErrnoException): Error {
    if (error.code === 'UND_ERR_CONNECT_TIMEOUT') return connectTimeout(this.request, error);
    const { name } = this.request.address;
    return explain(error, { name, isConnected: this.#controller !== undefined, isReused: this.#isReused });
  }
}

/**
 * The reason phrase as it was sent: undici reads it as UTF-8, although the wire has Latin-1, so that bytes that are no UTF-8 are
 * lost.
 */
function asSent(statusText: string): string {
  return Buffer.byteLength(statusText) === statusText.length ? statusText : Buffer.from(statusText).toString('latin1');
}

/** Names and values as text; undici gives them as bytes over HTTP/1.1, the only protocol that it speaks here. */
function decodedFields(raw: unknown): readonly string[] {
  return ((raw ?? []) as readonly Buffer[]).map((part) => part.toString('latin1'));
}
