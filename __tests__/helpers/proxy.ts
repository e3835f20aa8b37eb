import http, { type IncomingMessage, type RequestListener } from 'node:http';
import {
  type BalancingProxy,
  type BalancingProxyOptions,
  createBalancingProxy,
  type ProxyEvent,
} from '../../src/index.ts';
import { listen, type TestServer } from './servers.ts';

export { Resources } from '../../src/testing/stage/resources.ts';

/** A proxy that is being served, with the events that it reported. */
export interface ServedProxy {
  readonly url: string;
  readonly proxy: BalancingProxy;
  readonly events: ProxyEvent[];
  close(): Promise<void>;
}

/** Creates a proxy and serves it, bare on node:http or through a frame that the test makes of it. */
export async function serveProxy(
  options: BalancingProxyOptions,
  frame: (proxy: BalancingProxy) => RequestListener = (proxy) => proxy,
): Promise<ServedProxy> {
  const proxy = createBalancingProxy(options);
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
