import type http from 'node:http';
import { Readable } from 'node:stream';
import type { BalancingProxyError } from '../../errors.ts';
import type { Source } from '../connect/foreign-agents.ts';
import { heedKeepAlive } from '../connect/idle-limit.ts';
import { usualRoute } from '../connect/route.ts';
import { explain } from '../message/explain.ts';
import type { UpstreamRequest, UpstreamResponse } from '../message/transport.ts';
import { isLong, pipeBody, withoutBody } from '../message/upload.ts';
import { NodeConnecting } from './node-connecting.ts';
import { createRequest } from './node-request.ts';
import { toUpstreamResponse } from './node-response.ts';
import { NodeUpload } from './node-upload.ts';

/**
 * Passes the response on that `respond` gets when it sends the request, as got does; `respond` is called once, now or later, or never
 * when the passage fails.
 */
export type Passage = (
  request: UpstreamRequest,
  respond: () => Promise<http.IncomingMessage>,
) => Promise<http.IncomingMessage>;

/** Passes every response on as it is. */
const straight: Passage = async (_, respond) => respond();

/** Called at ends of a request other than a plain response. */
interface Ends {
  /** Is called when nothing is left to cancel. */
  readonly release: () => void;
  /** Gets the response by which the endpoint switches protocols. */
  readonly onUpgrade: (response: UpstreamResponse) => void;
}

/** One attempt over node:http or node:https. */
export class NodeAttempt {
  #request: UpstreamRequest;
  readonly #source: Source | undefined;
  readonly #connecting: NodeConnecting;
  #client: http.ClientRequest | undefined;
  #reason: string | undefined;
  #upload: NodeUpload | undefined;

  /**
   * @param source where the connection comes from; without one the attempt gets a connection of its own.
   * @param route the way that a new connection takes.
   */
  constructor(request: UpstreamRequest, source?: Source, route = usualRoute) {
    this.#request = request;
    this.#source = source;
    this.#connecting = new NodeConnecting(request, source, route);
  }

  /**
   * Sends the attempt, as {@link Transport.send}.
   * @param passage goes between the response and whoever gets it.
   */
  send(signal: AbortSignal, passage: Passage = straight): Promise<UpstreamResponse> {
    const { promise, resolve, reject } = Promise.withResolvers<UpstreamResponse>();
    const onAbort = (): void => {
      release();
      reject(signal.reason);
      this.#client?.destroy();
      this.#connecting.cancel();
    };
    const release = (): void => signal.removeEventListener('abort', onAbort);
    const respond = (): Promise<http.IncomingMessage> =>
      signal.aborted ? Promise.reject(signal.reason) : this.#respond({ release, onUpgrade: resolve });
    signal.addEventListener('abort', onAbort);
    if (signal.aborted) onAbort();
    else {
      passage(this.#request, respond).then(
        (response) =>
          resolve(toUpstreamResponse(response, { reason: this.#reason, isUploading: this.#upload?.isUnderWay })),
        (error) => {
          release();
          reject(this.#explain(error));
        },
      );
    }
    return promise;
  }

  #respond({ release, onUpgrade }: Ends): Promise<http.IncomingMessage> {
    const { promise, resolve, reject } = Promise.withResolvers<http.IncomingMessage>();
    const client = this.#open(reject);
    client.once('upgrade', (response, socket, head) => {
      // Node has taken its listener off: a reset before the new owner has one would end the process.
      socket.on('error', () => {});
      release();
      const reason = response.statusMessage;
      onUpgrade({ ...toUpstreamResponse(response, { reason }), upgraded: { socket, head } });
    });
    client.once('response', (response) => {
      this.#reason = response.statusMessage;
      response.on('error', () => {});
      if (client.socket) heedKeepAlive(client.socket, response.rawHeaders);
      // Of a body that ends with the connection Node makes a clean end even when that was a reset.
      client.once('error', (error) => response.complete || response.destroy(error));
      this.#request = withoutBody(this.#request);
      // The response may close earlier, when the endpoint has answered before it had the whole request.
      client.once('close', release);
      resolve(response);
    });
    client.on('error', reject);
    this.#sendBody(client);
    return promise;
  }

  #sendBody(client: http.ClientRequest): void {
    const { body } = this.#request;
    if (isLong(body)) this.#upload = new NodeUpload(client, this.#request);
    if (body instanceof Readable) pipeBody(body, client);
    else client.end(body);
  }

  #open(onLate: (error: Error) => void): http.ClientRequest {
    const { onInterim } = this.#request;
    const client = createRequest(this.#request, this.#source, this.#connecting);
    this.#connecting.watch(client, onLate);
    // A 101 without a protocol is no switch for node:http, but may be one for the endpoint: nothing may follow on it.
    client.once('response', ({ statusCode }) => {
      if (statusCode === 101) client.shouldKeepAlive = false;
    });
    if (onInterim)
      client.on('information', ({ statusCode, rawHeaders }) => onInterim({ status: statusCode, headers: rawHeaders }));
    this.#client = client;
    return client;
  }

  #explain(thrown: Error): BalancingProxyError {
    return explain(thrown, {
      name: this.#request.address.name,
      isConnected: this.#connecting.isConnected,
      isReused: this.#client?.reusedSocket === true,
    });
  }
}
