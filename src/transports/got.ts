import http from 'node:http';
import https from 'node:https';
import type { Socket } from 'node:net';
import { Readable } from 'node:stream';
import got, { type Request } from 'got';
import { BalancingProxyError, type ErrorCode, messageOf } from '../errors.ts';
import { Agents } from './agents.ts';
import type { Transport, UpstreamRequest, UpstreamResponse } from './transport.ts';
import { limitRest, pipeBody, sendUnframed } from './upload.ts';

/** Settings of {@link gotTransport}. */
export interface GotTransportOptions {
  /**
   * Most idle connections that are kept per endpoint.
   * @default 256
   */
  readonly maxFreeSockets?: number;
}

/** got with everything switched off that would change a request or response, or send it twice. */
const plainGot = got.extend({
  retry: { limit: 0 },
  followRedirect: false,
  decompress: false,
  throwHttpErrors: false,
  methodRewriting: false,
  allowGetBody: true,
  strictContentLength: false,
  setHost: false,
  headers: { 'user-agent': undefined },
});

/** The default transport: got over node:http and node:https with kept-alive connections. */
export function gotTransport({ maxFreeSockets = 256 }: GotTransportOptions = {}): Transport {
  const agents = new Agents(maxFreeSockets);
  return {
    send: (request, signal) => new GotExchange(request, agents.for(request)).send(signal),
    close: async () => agents.close(),
  };
}

/** Methods to which node:http adds no chunked framing of its own when there is no body. */
const unframedMethods: ReadonlySet<string> = new Set(['GET', 'HEAD', 'DELETE', 'OPTIONS', 'TRACE', 'CONNECT']);

/** One request and its response. */
class GotExchange {
  readonly #request: UpstreamRequest;
  readonly #agent: http.Agent | false;
  #client: http.ClientRequest | undefined;
  #isConnected = false;

  constructor(request: UpstreamRequest, agent: http.Agent | false) {
    this.#request = request;
    this.#agent = agent;
  }

  send(signal: AbortSignal): Promise<UpstreamResponse> {
    const { promise, resolve, reject } = Promise.withResolvers<UpstreamResponse>();
    if (signal.aborted) {
      reject(signal.reason);
      return promise;
    }
    const stream = this.#open((response) => {
      release();
      resolve(response);
    });
    const onAbort = (): void => {
      release();
      reject(signal.reason);
      stream.destroy();
    };
    const release = (): void => signal.removeEventListener('abort', onAbort);
    signal.addEventListener('abort', onAbort);
    stream.once('response', (response: http.IncomingMessage) => {
      // got would read the body into its own stream; it goes straight from the socket to the client instead.
      response.removeAllListeners('readable');
      response.on('error', () => {});
      // Of a body that ends with the connection Node makes a clean end even when that was a reset.
      this.#client?.once('error', (error) => response.complete || response.destroy(error));
      response.once('end', () => this.#client && limitRest(this.#client));
      // Not when the response closes: the endpoint may have answered before it had the whole request.
      this.#client?.once('close', release);
      resolve(toUpstreamResponse(response));
    });
    // It stays to the end: got reports here, too, what breaks off a body, and nobody else listens.
    stream.on('error', (error: Error) => {
      release();
      reject(this.#explain(error));
    });
    return promise;
  }

  #open(onUpgrade: (response: UpstreamResponse) => void): Request {
    const { address, method, body } = this.#request;
    const stream = plainGot.stream(address.secure ? 'https://endpoint' : 'http://endpoint', {
      method: method as 'GET',
      request: () => {
        const client = this.#connect();
        client.once('upgrade', (response, socket, head) => {
          // Node has taken its listener off: a reset before the new owner has one would end the process.
          socket.on('error', () => {});
          onUpgrade({ ...toUpstreamResponse(response), upgraded: { socket, head } });
        });
        return client;
      },
    });
    if (body instanceof Readable) pipeBody(body, stream);
    else stream.end();
    return stream;
  }

  /**
   * Calls node:http ourselves, so that target and headers go out byte for byte: WHATWG URL would change the one, got's
   * header object the other.
   */
  #connect(): http.ClientRequest {
    const { address, method, target, headers, body, onInterim } = this.#request;
    const node = address.secure ? https : http;
    const adrift = body === undefined && !unframedMethods.has(method);
    const client = node.request({
      ...(address.socketPath === undefined
        ? { host: address.hostname, port: address.port }
        : { socketPath: address.socketPath }),
      ...(address.secure && this.#agent === false && (this.#request.tls as https.RequestOptions)),
      method,
      path: target,
      agent: this.#agent,
      setHost: false,
      ...(!adrift && { headers }),
    });
    if (adrift) sendUnframed(client, headers);
    client.once('socket', (socket) => this.#watchConnection(socket));
    // A 101 without a protocol is no switch for node:http, but may be one for the endpoint: nothing may follow on it.
    client.once('response', ({ statusCode }) => {
      if (statusCode === 101) client.shouldKeepAlive = false;
    });
    if (onInterim)
      client.on('information', ({ statusCode, rawHeaders }) => onInterim({ status: statusCode, headers: rawHeaders }));
    if (body instanceof Uint8Array && body.length > 0) client.write(body);
    this.#client = client;
    return client;
  }

  #watchConnection(socket: Socket): void {
    if (!socket.connecting) {
      this.#isConnected = true;
      return;
    }
    const { address, connectMs } = this.#request;
    const onTime = (): void => {
      const message = `no connection to ${address.name} within ${connectMs} ms`;
      socket.destroy(new BalancingProxyError('ERR_BRP_CONNECT_TIMEOUT', message));
    };
    const timer = connectMs < Infinity ? setTimeout(onTime, connectMs) : undefined;
    // An aborted request may get its socket later still; only the socket's own end surely comes.
    socket.once('close', () => clearTimeout(timer));
    socket.once(address.secure ? 'secureConnect' : 'connect', () => {
      this.#isConnected = true;
      clearTimeout(timer);
    });
  }

  /** Says in our own terms what went wrong, and above all whether the endpoint can have seen the request. */
  #explain(thrown: Error): BalancingProxyError {
    const error = thrown.cause instanceof Error ? thrown.cause : thrown;
    if (error instanceof BalancingProxyError) return error;
    const { name } = this.#request.address;
    const describe = (code: ErrorCode, what: string) =>
      new BalancingProxyError(code, `${what} ${name}: ${messageOf(error)}`, { cause: error });
    const systemCode = (error as NodeJS.ErrnoException).code ?? '';
    if (systemCode.startsWith('HPE_')) return describe('ERR_BRP_BAD_RESPONSE', 'no HTTP response from');
    if (!this.#isConnected) return describe('ERR_BRP_CONNECT', 'cannot connect to');
    if (this.#client?.reusedSocket) return describe('ERR_BRP_STALE_CONNECTION', 'kept-alive connection was closed by');
    return describe('ERR_BRP_CONNECTION_LOST', 'lost the connection to');
  }
}

function toUpstreamResponse(response: http.IncomingMessage): UpstreamResponse {
  return {
    status: response.statusCode ?? 0,
    statusText: response.statusMessage ?? '',
    headers: response.rawHeaders,
    body: response,
    trailers: () => response.rawTrailers,
  };
}
