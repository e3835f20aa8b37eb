import type { RequestListener } from 'node:http';
import http2 from 'node:http2';
import type { Server } from 'node:net';
import { text } from 'node:stream/consumers';
import { setImmediate } from 'node:timers/promises';
import type { Transport, UpstreamResponse } from '../../transports/message/transport.ts';
import { type Closeable, Resources } from './resources.ts';
import { listen, type Place, startHttp, startTcp, type TestServer } from './servers.ts';
import type { TestCertificate } from './test-certificate.ts';
import { type UpstreamRequestParts, upstreamRequest } from './upstream-request.ts';

/** The protocol between a transport and its endpoints. */
export type ContractProtocol = 'http/1.1' | 'h2';

/** The response of an endpoint that only says `ok`. */
export const ok = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';

/** The place where a case is played: a transport that is tested, and endpoints for it. All of them are closed after the case. */
export class Stage {
  /** The transport that is tested. */
  readonly transport: Transport;
  /** For https endpoints, for `localhost` and 127.0.0.1. */
  readonly certificate: TestCertificate;
  readonly #protocol: ContractProtocol;
  /** One object for all requests: transports may tell connections apart by it. */
  readonly #trust: Pick<UpstreamRequestParts, 'tls'>;
  readonly #resources = new Resources();

  /** @param protocol of the endpoints that {@link start} starts. */
  constructor(transport: Transport, certificate: TestCertificate, protocol: ContractProtocol) {
    this.transport = this.#resources.use(transport);
    this.certificate = certificate;
    this.#protocol = protocol;
    this.#trust = protocol === 'h2' ? { tls: { ca: certificate.cert } } : {};
  }

  /** Has a resource closed after the case, and gives it. */
  use<T extends Closeable>(resource: T): T {
    return this.#resources.use(resource);
  }

  /** Starts an endpoint that speaks the protocol of the run. */
  async start(listener: RequestListener): Promise<TestServer> {
    if (this.#protocol === 'http/1.1') return this.use(await startHttp(listener));
    const server = await this.listen(http2.createSecureServer({ ...this.certificate }, listener as never));
    return Object.defineProperty(server, 'url', { value: server.url.replace('http:', 'https:') });
  }

  /** Starts a server of any kind. */
  async listen(server: Server, place?: Place): Promise<TestServer> {
    return this.use(await listen(server, place));
  }

  /** Starts an endpoint that does what no HTTP server would. */
  async startTcp(listener: Parameters<typeof startTcp>[0]): Promise<TestServer> {
    return this.use(await startTcp(listener));
  }

  /** Starts an endpoint that keeps the bytes it gets and answers them with this response; with an empty one it hangs up. */
  async startRaw(response: string): Promise<{ readonly url: string; readonly bytes: () => string }> {
    let bytes = '';
    const { url } = await this.startTcp((socket) => {
      socket.on('data', (chunk) => {
        bytes += chunk.toString('latin1');
        if (response !== '') socket.write(response, 'latin1');
        else socket.end();
      });
    });
    return { url, bytes: () => bytes };
  }

  /** Sends a request to an endpoint through the transport. */
  send(
    url: string,
    parts: UpstreamRequestParts = {},
    signal: AbortSignal = new AbortController().signal,
  ): Promise<UpstreamResponse> {
    return this.transport.send(upstreamRequest(url, { ...this.#trust, ...parts }), signal);
  }

  /** Sends a request and gives the text of its response. */
  async ask(url: string, parts?: UpstreamRequestParts): Promise<string> {
    return text((await this.send(url, parts)).body);
  }

  /** Waits until nothing of a cancelled attempt is left at its endpoint; over HTTP/2 the connection outlives an attempt. */
  async untilGone(server: TestServer): Promise<void> {
    if (this.#protocol === 'h2') await this.transport.close();
    await server.idle();
  }

  /** Closes the endpoints, then the transport. */
  closeAll(): Promise<void> {
    return this.#resources.closeAll();
  }
}

/**
 * Waits until a connection is idle: a transport may take a turn to see whether the endpoint closes it before it is used again.
 */
export async function becomingIdle(): Promise<void> {
  for (let turn = 0; turn < 3; turn++) await setImmediate();
}
