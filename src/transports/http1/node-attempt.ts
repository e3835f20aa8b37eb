import type http from 'node:http';
import type { Socket } from 'node:net';
import { Readable } from 'node:stream';
import type { BalancingProxyError } from '../../errors.ts';
import { joined } from '../../support/consume.ts';
import type { Opening } from '../connect/open-connection.ts';
import { connectTimeout, explain } from '../message/explain.ts';
import type { UpstreamRequest, UpstreamResponse } from '../message/transport.ts';
import { isLong, pipeBody, withoutBody } from '../message/upload.ts';
import { isInLine, type Source } from './agents.ts';
import type { ConnectionSeeker } from './create-agent.ts';
import { heedKeepAlive } from './idle-limit.ts';
import { createRequest } from './node-request.ts';
import { NodeUpload } from './node-upload.ts';

/** Sends a request by calling `respond`, and gives the response that came of it. */
export type Relay = (respond: () => Promise<http.IncomingMessage>) => Promise<http.IncomingMessage>;

/** Who is told of the end of a request that is no plain response. */
interface Ends {
  /** Nothing is left to cancel. */
  readonly release: () => void;
  readonly onUpgrade: (response: UpstreamResponse) => void;
}

/** One request over node:http or node:https, and its response. */
export class NodeAttempt implements ConnectionSeeker {
  #request: UpstreamRequest;
  readonly #source: Source | undefined;
  #client: http.ClientRequest | undefined;
  /** As it came: got puts a phrase of its own in the place of an empty one. */
  #reason: string | undefined;
  #opening: Opening | undefined;
  #upload: NodeUpload | undefined;
  #isConnected = false;

  /** @param source where to take a connection from; it gets one of its own otherwise. */
  constructor(request: UpstreamRequest, source?: Source) {
    this.#request = request;
    this.#source = source;
  }

  get connectMs(): number {
    return this.#request.connectMs;
  }

  createTimeout(): Error {
    return connectTimeout(this.#request);
  }

  onOpening(opening: Opening): void {
    this.#opening = opening;
  }

  /**
   * As {@link Transport.send}.
   * @param relay what the response comes through; it may call `respond` later, or never when it fails.
   */
  send(signal: AbortSignal, relay: Relay = async (respond) => respond()): Promise<UpstreamResponse> {
    const { promise, resolve, reject } = Promise.withResolvers<UpstreamResponse>();
    const onAbort = (): void => {
      release();
      reject(signal.reason);
      this.#client?.destroy();
      this.#opening?.fail(new Error('the attempt was cancelled'));
    };
    const release = (): void => signal.removeEventListener('abort', onAbort);
    const respond = (): Promise<http.IncomingMessage> =>
      signal.aborted ? Promise.reject(signal.reason) : this.#respond({ release, onUpgrade: resolve });
    signal.addEventListener('abort', onAbort);
    if (signal.aborted) onAbort();
    else {
      relay(respond).then(
        (response) => resolve(toUpstreamResponse(response, this.#reason, this.#upload)),
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
    const client = this.#connect();
    if (this.#source?.isForeign) this.#limitSearch(client, reject);
    client.once('upgrade', (response, socket, head) => {
      // Node has taken its listener off: a reset before the new owner has one would end the process.
      socket.on('error', () => {});
      release();
      onUpgrade({ ...toUpstreamResponse(response, response.statusMessage), upgraded: { socket, head } });
    });
    client.once('response', (response) => {
      this.#reason = response.statusMessage;
      response.on('error', () => {});
      if (client.socket) heedKeepAlive(client.socket, response.rawHeaders);
      // Of a body that ends with the connection Node makes a clean end even when that was a reset.
      client.once('error', (error) => response.complete || response.destroy(error));
      this.#request = withoutBody(this.#request);
      // Not when the response closes: the endpoint may have answered before it had the whole request.
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

  #connect(): http.ClientRequest {
    const { onInterim } = this.#request;
    const client = createRequest(this.#request, this.#source, this);
    client.once('socket', (socket) => this.#watchConnection(socket));
    // A 101 without a protocol is no switch for node:http, but may be one for the endpoint: nothing may follow on it.
    client.once('response', ({ statusCode }) => {
      if (statusCode === 101) client.shouldKeepAlive = false;
    });
    if (onInterim)
      client.on('information', ({ statusCode, rawHeaders }) => onInterim({ status: statusCode, headers: rawHeaders }));
    this.#client = client;
    return client;
  }

  /** An agent that is not ours may take its time before there is a socket. */
  #limitSearch(client: http.ClientRequest, reject: (error: Error) => void): void {
    if (this.connectMs === Infinity) return;
    const onTime = (): void => {
      // That its `maxSockets` are busy is no fault of the endpoint's.
      if (isInLine(client, this.#source)) return void timer.refresh();
      reject(this.createTimeout());
      client.destroy();
    };
    const timer = setTimeout(onTime, this.connectMs);
    const onEnd = (): void => clearTimeout(timer);
    client.once('socket', onEnd).once('close', onEnd);
  }

  #watchConnection(socket: Socket): void {
    if (!socket.connecting) {
      this.#isConnected = true;
      return;
    }
    const { address, connectMs } = this.#request;
    const onTime = (): void => void socket.destroy(connectTimeout(this.#request));
    const timer = connectMs < Infinity ? setTimeout(onTime, connectMs) : undefined;
    const onClose = (): void => clearTimeout(timer);
    // An aborted request may get its socket later still; only the socket's own end surely comes.
    socket.once('close', onClose);
    socket.once(address.secure ? 'secureConnect' : 'connect', () => {
      this.#isConnected = true;
      clearTimeout(timer);
      // What is known here would be kept as long as the connection, the request's body included.
      socket.off('close', onClose);
    });
  }

  #explain(thrown: Error): BalancingProxyError {
    return explain(thrown, {
      name: this.#request.address.name,
      isConnected: this.#isConnected,
      isReused: this.#client?.reusedSocket === true,
    });
  }
}

function toUpstreamResponse(
  response: http.IncomingMessage,
  reason = '',
  upload: NodeUpload | undefined = undefined,
): UpstreamResponse {
  return {
    status: response.statusCode ?? 0,
    statusText: reason,
    headers: response.rawHeaders,
    body: response,
    takeWhole: () => takeWhole(response),
    isUploading: () => upload?.isUnderWay() === true,
    trailers: () => response.rawTrailers,
  };
}

/** What has come in one packet with its head is all here before anybody listens. */
function takeWhole(response: http.IncomingMessage): Buffer | undefined {
  if (!response.complete || response.destroyed) return undefined;
  const chunks: Buffer[] = [];
  // Since Node 26 it gives one chunk at a time.
  for (let chunk = response.read(); chunk !== null; chunk = response.read()) chunks.push(chunk as Buffer);
  return joined(chunks);
}
