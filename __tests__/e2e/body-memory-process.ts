import http, { type IncomingMessage, type ServerResponse } from 'node:http';
import http2 from 'node:http2';
import { createCertificate } from '../../shared/certificate.ts';
import { gotTransport, type Transport } from '../../src/index.ts';
import { undiciTransport } from '../../src/transports/undici.ts';
import { serveProxy } from '../helpers/proxy.ts';
import { listen } from '../helpers/servers.ts';
import { turns } from '../helpers/turns.ts';

// A process of its own that can collect its garbage. Its arguments are the transport and 'http2' or nothing; its first message is
// what became of five requests and how many of their bodies are kept while their responses are open.

const isHttp2 = process.argv[3] === 'http2';
const inner = process.argv[2] === 'undici' ? undiciTransport({ http2: isHttp2 }) : gotTransport({ http2: isHttp2 });
const bodies: WeakRef<ArrayBufferLike>[] = [];
const transport: Transport = {
  send: (request, signal) => {
    if (request.body instanceof Uint8Array) bodies.push(new WeakRef(request.body.buffer));
    return inner.send(request, signal);
  },
  close: () => inner.close(),
};

/** Answers with the head of an event stream when it has the whole request, and nothing more. */
async function answer(req: IncomingMessage, res: ServerResponse): Promise<void> {
  for await (const _ of req);
  res.writeHead(200, { 'Content-Type': 'text/event-stream' }).flushHeaders();
}

async function post(url: string): Promise<number | undefined> {
  const client = http.request(url, { method: 'POST', agent: false });
  const received = new Promise<IncomingMessage>((resolve) => client.once('response', resolve));
  client.end(Buffer.alloc(1_000_000));
  return (await received).statusCode;
}

/** Looks once only: who looks at what a WeakRef holds keeps it for a while. */
async function keptCount(): Promise<number> {
  // What is under way may keep something for some turns.
  for (let i = 0; i < 10; i++) {
    await turns(5);
    globalThis.gc?.();
  }
  return bodies.filter((body) => body.deref() !== undefined).length;
}

const serve = (req: unknown, res: unknown) => void answer(req as IncomingMessage, res as ServerResponse);
const server = isHttp2 ? http2.createSecureServer(await createCertificate(), serve) : http.createServer(serve);
const endpoint = (await listen(server)).url.replace('http', isHttp2 ? 'https' : 'http');
const proxy = await serveProxy({
  endpoints: [endpoint],
  strategy: 'failover',
  tls: { rejectUnauthorized: false },
  transport,
});
const statuses = await Promise.all(Array.from({ length: 5 }, () => post(proxy.url)));
process.send?.({ statuses, sent: bodies.length, kept: await keptCount() });
process.on('disconnect', () => process.exit());
