import http, { type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http';
import type net from 'node:net';
import {
  type BalancingProxy,
  type BalancingProxyOptions,
  createBalancingProxy,
  type ProxyEvent,
} from '../../src/index.ts';
import { Resources as Closeables } from '../../src/testing/stage/resources.ts';
import { answering, listen, type Place, startHttp, startTcp, type TestServer } from './servers.ts';

/** An endpoint on node:http. */
export interface TestEndpoint extends TestServer {
  /** Requests that have come since the start. */
  asked(): number;
}

/** An endpoint whose responses a test has in its hand. */
export interface HeldEndpoint extends TestEndpoint {
  /** The responses, in the order in which they were asked for. */
  readonly held: readonly ServerResponse[];
  /** Resolves with the first one. */
  readonly first: Promise<ServerResponse>;
}

/** Starts what a test needs, and closes all of it in reverse order after the test. */
export class Resources extends Closeables {
  /** Starts an endpoint. */
  async start(listener: RequestListener, place?: Place): Promise<TestEndpoint> {
    let asked = 0;
    const counting: RequestListener = (req, res) => {
      asked++;
      listener(req, res);
    };
    return this.use(Object.assign(await startHttp(counting, place), { asked: () => asked }));
  }

  /** Starts an endpoint of which only the URL matters. */
  async startAt(listener: RequestListener): Promise<string> {
    return (await this.start(listener)).url;
  }

  /** Starts an endpoint that answers everything with 200 and this text. */
  startSaying(text: string): Promise<TestEndpoint> {
    return this.start(answering(200, text));
  }

  /** Starts an endpoint that begins a response, or not even that, and leaves the rest to the test. */
  async startHeld(begin: (res: ServerResponse) => unknown = () => {}): Promise<HeldEndpoint> {
    const held: ServerResponse[] = [];
    const { promise: first, resolve } = Promise.withResolvers<ServerResponse>();
    const endpoint = await this.start((req, res) => {
      req.resume();
      begin(res);
      held.push(res);
      resolve(res);
    });
    return Object.assign(endpoint, { held, first });
  }

  /** Starts an endpoint that does what no HTTP server would. */
  async startTcp(listener: (socket: net.Socket) => void): Promise<TestServer> {
    return this.use(await startTcp(listener));
  }

  /** Starts a server of any kind. */
  async listen(server: net.Server, place?: Place): Promise<TestServer> {
    return this.use(await listen(server, place));
  }

  /** Serves a proxy. */
  async serve(...served: Parameters<typeof serveProxy>): Promise<ServedProxy> {
    return this.use(await serveProxy(...served));
  }

  /** Serves a proxy that was created elsewhere, such as that of an example. */
  async serveCreated(...served: Parameters<typeof serveCreated>): Promise<ServedProxy> {
    return this.use(await serveCreated(...served));
  }
}

/** A proxy that is being served, with the events that it reported. */
export interface ServedProxy {
  readonly url: string;
  readonly proxy: BalancingProxy;
  readonly events: ProxyEvent[];
  close(): Promise<void>;
}

/** What is served of a proxy: the proxy itself, bare on node:http, or a frame that the test makes of it. */
type Frame = (proxy: BalancingProxy) => RequestListener;

/** Creates a proxy and serves it. */
export function serveProxy(options: BalancingProxyOptions, frame?: Frame): Promise<ServedProxy> {
  return serveCreated(createBalancingProxy(options), frame);
}

export async function serveCreated(proxy: BalancingProxy, frame: Frame = (bare) => bare): Promise<ServedProxy> {
  const events: ProxyEvent[] = [];
  proxy.subscribe((event) => events.push(event));
  const server: TestServer = await listen(http.createServer(frame(proxy)));
  return {
    url: server.url,
    proxy,
    events,
    close: async () => {
      await server.close();
      await proxy.close();
    },
  };
}

/** A whole response as a client sees it. */
export interface Received {
  readonly status: number;
  readonly statusText: string;
  readonly headers: http.IncomingHttpHeaders;
  readonly rawHeaders: readonly string[];
  readonly trailers: NodeJS.Dict<string>;
  readonly body: Buffer;
  readonly text: string;
}

export interface RequestSettings extends http.RequestOptions {
  readonly body?: string | Buffer | readonly Buffer[] | undefined;
}

/** Sends a request over a connection of its own and reads the whole response. An array of buffers is sent chunked. */
export function request(url: string, { body, ...settings }: RequestSettings = {}): Promise<Received> {
  return new Promise((resolve, reject) => {
    const client = http.request(url, { agent: false, ...settings }, (res) => {
      readAll(res).then((received) => resolve(received), reject);
    });
    client.on('error', reject);
    if (Array.isArray(body)) for (const chunk of body) client.write(chunk);
    client.end(Array.isArray(body) ? undefined : (body as string | Buffer | undefined));
  });
}

/** Reads a response to its end; rejects when it is broken off. */
export async function readAll(res: IncomingMessage): Promise<Received> {
  const chunks: Buffer[] = [];
  for await (const chunk of res) chunks.push(chunk as Buffer);
  const body = Buffer.concat(chunks);
  return {
    status: res.statusCode ?? 0,
    statusText: res.statusMessage ?? '',
    headers: res.headers,
    rawHeaders: res.rawHeaders,
    trailers: res.trailers,
    body,
    text: body.toString(),
  };
}
