import http, { type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http';
import http2 from 'node:http2';
import type { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import middie from '@fastify/middie';
import connect from 'connect';
import express from 'express';
import express4 from 'express4';
import fastify from 'fastify';
import polka from 'polka';
import type { BalancingProxyError, Next } from '../../src/index.ts';
import { listen, type TestServer } from './servers.ts';

/** A proxy, or what a test puts around one. */
export type Middleware = (req: IncomingMessage, res: ServerResponse, next?: Next) => void;

/** Answers for an error that a frame was given. */
export type ErrorAnswer = (error: BalancingProxyError, res: ServerResponse) => void;

export interface FrameSettings {
  /** What is mounted under which prefix; a frame that cannot mount serves the first one at its root. */
  readonly mounts: Readonly<Record<string, Middleware>>;
  /** The app's error handler; without it the frame's own is at work. */
  readonly onError?: ErrorAnswer | undefined;
}

/** What a middleware may be mounted in. */
export interface Frame {
  readonly name: string;
  readonly hasMounts: boolean;
  readonly start: (settings: FrameSettings) => Promise<TestServer>;
  readonly send: (url: string, settings?: SendSettings) => ClientCall;
}

export interface SendSettings {
  readonly method?: string;
  readonly headers?: http.OutgoingHttpHeaders;
  readonly body?: string;
}

/** A response head, with the body that follows. */
export interface ClientAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Readable;
}

/** A request that has been sent. */
export interface ClientCall {
  readonly answer: Promise<ClientAnswer>;
  /** Leaves, as a client that is closed does. */
  abort(): void;
}

/** Sends a request with node:http, over a connection of its own. */
export function sendHttp1(url: string, { body, ...settings }: SendSettings = {}): ClientCall {
  const client = http.request(url, { agent: false, ...settings }).end(body);
  const answer = new Promise<ClientAnswer>((resolve, reject) => {
    client.on('error', reject).on('response', (res) => {
      resolve({ status: res.statusCode ?? 0, headers: res.headers, body: res });
    });
  });
  answer.catch(() => {});
  return { answer, abort: () => void client.destroy() };
}

/** Sends a request over cleartext HTTP/2, over a connection of its own. */
export function sendHttp2(url: string, { method = 'GET', headers, body }: SendSettings = {}): ClientCall {
  const { origin, pathname, search } = new URL(url);
  const session = http2.connect(origin).on('error', () => {});
  const stream = session.request({ ...headers, ':method': method, ':path': pathname + search }, { endStream: !body });
  if (body) stream.end(body);
  stream.once('close', () => session.close());
  const answer = new Promise<ClientAnswer>((resolve, reject) => {
    stream.on('error', reject).on('response', (received) => {
      resolve({ status: received[':status'] ?? 0, headers: received as IncomingHttpHeaders, body: stream });
    });
  });
  answer.catch(() => {});
  return { answer, abort: () => stream.close(http2.constants.NGHTTP2_CANCEL) };
}

/** Reads a body to its end; rejects when it is broken off. */
export function textOf({ body }: { readonly body: Readable }): Promise<string> {
  return text(body);
}

const onHttp1 = { send: sendHttp1, hasMounts: true };

export const frames: readonly Frame[] = [
  { name: 'Express 5', ...onHttp1, start: async (settings) => listen(http.createServer(mounted(express(), settings))) },
  {
    name: 'Express 4',
    ...onHttp1,
    start: async (settings) => listen(http.createServer(mounted(express4(), settings))),
  },
  { name: 'connect', ...onHttp1, start: async (settings) => listen(http.createServer(mounted(connect(), settings))) },
  { name: 'polka', ...onHttp1, start: startPolka },
  { name: 'fastify', ...onHttp1, start: startFastify },
  {
    name: 'node:http',
    send: sendHttp1,
    hasMounts: false,
    start: (settings) => listen(http.createServer((req, res) => bare(settings)(req, res))),
  },
  {
    name: 'node:http2',
    send: sendHttp2,
    hasMounts: false,
    start: (settings) => {
      const serve = bare(settings);
      // The compatibility API is meant to be taken for node:http's; its types do not say so.
      return listen(http2.createServer((req, res) => serve(req as never, res as never)));
    },
  },
];

/** The frames in which a middleware can be mounted under a prefix. */
export const mountingFrames = frames.filter(({ hasMounts }) => hasMounts);

/** What connect and both versions of Express have in common. */
interface ConnectLike {
  use(prefix: string, middleware: Middleware): unknown;
  use(handler: (error: BalancingProxyError, req: IncomingMessage, res: ServerResponse, next: unknown) => void): unknown;
}

function mounted<App extends ConnectLike>(app: App, { mounts, onError }: FrameSettings): App {
  for (const [prefix, proxy] of Object.entries(mounts)) app.use(prefix, proxy);
  if (onError) app.use((error, _req, res, _next) => onError(error, res));
  return app;
}

async function startPolka({ mounts, onError }: FrameSettings): Promise<TestServer> {
  const app = polka(
    onError && { onError: (error, _req, res) => onError(error as unknown as BalancingProxyError, res) },
  );
  for (const [prefix, proxy] of Object.entries(mounts)) app.use(prefix, proxy);
  return listen(http.createServer((req, res) => app.handler(req as polka.Request, res)));
}

async function startFastify({ mounts, onError }: FrameSettings): Promise<TestServer> {
  const app = fastify();
  await app.register(middie);
  for (const [prefix, proxy] of Object.entries(mounts)) app.use(prefix, proxy);
  if (onError) {
    app.setErrorHandler((error, _req, reply) => {
      reply.hijack();
      onError(error as BalancingProxyError, reply.raw);
    });
  }
  await app.ready();
  return listen(app.server);
}

function bare({ mounts, onError }: FrameSettings): (req: IncomingMessage, res: ServerResponse) => void {
  const [proxy] = Object.values(mounts);
  return (req, res) => proxy?.(req, res, onError && ((error) => onError(error as BalancingProxyError, res)));
}
