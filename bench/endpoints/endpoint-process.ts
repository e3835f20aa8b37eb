import { once } from 'node:events';
import { createReadStream, statSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createSecureServer } from 'node:http2';
import type { AddressInfo, Server } from 'node:net';
import path from 'node:path';
import type { EndpointKind } from './endpoint-kind.ts';
import { smallAnswer } from './small-answer.ts';

// Endpoints that nginx cannot play, in a process of their own, so that they take none of the proxy's time.

/** A message of the bench to the endpoints. */
export type EndpointsRequest =
  | {
      readonly type: 'start';
      readonly kinds: readonly EndpointKind[];
      readonly publicFolder: string;
      readonly cert: string;
      readonly key: string;
    }
  | { readonly type: 'count' };

/** The endpoints' answer to a message. */
export type EndpointsReply =
  | { readonly type: 'started'; readonly urls: ReadonlyArray<{ readonly kind: EndpointKind; readonly url: string }> }
  | { readonly type: 'counted'; readonly accepted: number };

type StartRequest = Extract<EndpointsRequest, { type: 'start' }>;
type Listener = (req: IncomingMessage, res: ServerResponse) => void;

const slowMs = 50;

let accepted = 0;

const small: Listener = (req, res) => {
  req.resume();
  res.writeHead(200, { 'Content-Type': 'text/plain', 'Content-Length': smallAnswer.length }).end(smallAnswer);
};

const slow: Listener = (req, res) => {
  const timer = setTimeout(small, slowMs, req, res);
  res.once('close', () => clearTimeout(timer));
};

const streams: Listener = (req, res) => {
  req.resume();
  res.writeHead(200, { 'Content-Type': 'text/event-stream' }).write('data: hello\n\n');
};

function createFast(publicFolder: string): Listener {
  return (req, res) => {
    if (req.url === '/medium' || req.url === '/large') sendFile(path.join(publicFolder, req.url), res);
    else small(req, res);
  };
}

function sendFile(file: string, res: ServerResponse): void {
  res.writeHead(200, { 'Content-Length': statSync(file).size });
  const content = createReadStream(file, { highWaterMark: 256 * 1_024 });
  res.once('close', () => content.destroy());
  content.pipe(res);
}

function createEndpoint(kind: EndpointKind, { publicFolder, cert, key }: StartRequest): Server {
  const listeners = { fast: createFast(publicFolder), tls: small, slow, streams };
  if (kind !== 'tls') return createServer({ keepAliveTimeout: 3_600_000 }, listeners[kind]);
  return createSecureServer({ cert, key, allowHTTP1: true }, (req, res) => {
    req.resume();
    res.writeHead(200, { 'Content-Type': 'text/plain', 'Content-Length': smallAnswer.length }).end(smallAnswer);
  });
}

async function listen(kind: EndpointKind, request: StartRequest) {
  const server = createEndpoint(kind, request);
  server.on('connection', () => accepted++);
  server.listen({ port: 0, host: '127.0.0.1', backlog: 4_096 });
  await once(server, 'listening');
  const scheme = kind === 'tls' ? 'https' : 'http';
  return { kind, url: `${scheme}://127.0.0.1:${(server.address() as AddressInfo).port}` };
}

async function answer(request: EndpointsRequest): Promise<EndpointsReply> {
  if (request.type === 'count') return { type: 'counted', accepted };
  return { type: 'started', urls: await Promise.all(request.kinds.map((kind) => listen(kind, request))) };
}

process.on('message', async (request: EndpointsRequest) => process.send?.(await answer(request)));
process.on('disconnect', () => process.exit());
