import { BalancingProxyError } from '../../errors.ts';
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

/** What undici is told of a request. */
export interface DispatchOptions {
  readonly origin: string;
  readonly path: string;
  readonly method: string;
  readonly headers: string[];
  readonly body: Buffer | null;
  readonly reset: boolean;
  /** The name for the certificate; from `Host` otherwise, which may be the client's. */
  readonly servername?: string;
}

/** The connection that a request was given. */
export interface UsedConnection {
  /** Starts to serve this request. @returns whether it is not the first one over this connection. */
  use(attempt: UndiciAttempt): boolean;
  /** Has served it: the endpoint has answered, and must go on to read what is left of the request. */
  release(attempt: UndiciAttempt): void;
  /** Gets the headers of each response. */
  heed(headers: readonly string[]): void;
  /** Whether something is still to be sent over it. */
  isSending(): boolean;
}

/** Codes of errors that say that what came is no HTTP; those of its parser have a name only. */
const badResponses: ReadonlySet<unknown> = new Set(['UND_ERR_RES_CONTENT_LENGTH_MISMATCH', 'UND_ERR_HEADERS_OVERFLOW']);

/** One request and its response, as undici reports on them. */
export class UndiciAttempt {
  /** The client that was chosen for it. */
  client: { readonly connection: UsedConnection | undefined } | undefined;
  request: UpstreamRequest;
  /** Its body goes only to an endpoint that reads. */
  readonly isUpload: boolean;
  readonly #signal: AbortSignal;
  readonly #result = Promise.withResolvers<UpstreamResponse>();
  #controller: Controller | undefined;
  #connection: UsedConnection | undefined;
  #response: PushedResponse | undefined;
  #isReused = false;

  constructor(request: UpstreamRequest, signal: AbortSignal) {
    this.request = request;
    this.isUpload = isLong(request.body);
    this.#signal = signal;
  }

  /** @param dispatch hands the request to undici, with this object as its handler. */
  send(dispatch: (options: DispatchOptions) => void): Promise<UpstreamResponse> {
    if (this.#signal.aborted) this.#result.reject(this.#signal.reason);
    else {
      this.#signal.addEventListener('abort', this.#onAbort);
      dispatch(this.#dispatchOptions());
    }
    return this.#result.promise;
  }

  /** Sends it over node:http, on a connection of its own, in undici's place. */
  sendAlone(): void {
    // It has waited for a connection meanwhile.
    if (this.#signal.aborted) return;
    this.#release();
    this.#result.resolve(new NodeAttempt(this.request).send(this.#signal));
  }

  #dispatchOptions(): DispatchOptions {
    const { address, method, target, headers, body } = this.request;
    return {
      origin: `${address.secure ? 'https' : 'http'}://${address.host}`,
      path: target,
      method,
      headers: headers as string[],
      body: body instanceof Uint8Array ? body : null,
      // undici would close the connection after a HEAD.
      reset: false,
      ...(address.secure && { servername: address.hostname }),
    };
  }

  readonly #onAbort = (): void => {
    this.#release();
    this.#result.reject(this.#signal.reason);
    if (this.#response) this.#response.cancel(this.#signal.reason);
    else this.#controller?.abort(this.#signal.reason);
  };

  readonly #release = (): void => this.#signal.removeEventListener('abort', this.#onAbort);

  onRequestStart(controller: Controller): void {
    // It has waited for a connection meanwhile, which `controller.abort` would close.
    if (this.#signal.aborted) throw this.#signal.reason;
    // undici sends again what was pipelined when a neighbour is cancelled: a write, too, or one whose response has begun.
    if (this.#controller) throw new Error('the connection was closed');
    this.#controller = controller;
    this.#connection = this.client?.connection;
    this.#isReused = this.#connection?.use(this) === true;
  }

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

  onResponseData(_: unknown, chunk: Buffer): void {
    this.#response?.push(chunk);
  }

  onResponseEnd(controller: Controller): void {
    this.#connection?.release(this);
    this.#response?.end(decodedFields(controller.rawTrailers));
  }

  /** Whether its response takes no more until somebody reads. */
  isHeldUp(): boolean {
    return this.#response?.isHeldUp() === true;
  }

  /** The connection broke, whatever undici makes of it. */
  onBroken(error: Error): void {
    this.#response?.fail(error);
  }

  onResponseError(_: unknown, error: Error): void {
    this.#release();
    if (this.#response) this.#response.fail(error);
    else if (!this.#signal.aborted) this.#result.reject(this.#explain(error));
  }

  #explain(error: NodeJS.ErrnoException): Error {
    const { name } = this.request.address;
    if (error.code === 'UND_ERR_CONNECT_TIMEOUT') return connectTimeout(this.request, error);
    if (error.name === 'HTTPParserError' || badResponses.has(error.code)) {
      const message = `no HTTP response from ${name}: ${error.message}`;
      return new BalancingProxyError('ERR_BRP_BAD_RESPONSE', message, { cause: error });
    }
    return explain(error, { name, isConnected: this.#controller !== undefined, isReused: this.#isReused });
  }
}

/** undici reads the reason phrase as UTF-8, where everything else on the wire is Latin-1; what was neither is lost. */
function asSent(statusText: string): string {
  return Buffer.byteLength(statusText) === statusText.length ? statusText : Buffer.from(statusText).toString('latin1');
}

/** Names and values; over HTTP/1.1, which is all that undici is used for, they are bytes. */
function decodedFields(raw: unknown): readonly string[] {
  return ((raw ?? []) as readonly Buffer[]).map((part) => part.toString('latin1'));
}
