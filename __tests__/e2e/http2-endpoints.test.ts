import http2 from 'node:http2';
import type { TLSSocket } from 'node:tls';
import { type BalancingProxyOptions, createBalancingProxy, gotTransport } from '../../src/index.ts';
import { sendHttp2, textOf } from '../helpers/frames.ts';
import { leakCheckedResources } from '../helpers/leaks.ts';
import { request } from '../helpers/proxy.ts';
import {
  goaway,
  head,
  lastData,
  onlyHead,
  reset,
  settings as settingsFrame,
  startRawHttp2,
} from '../transports/raw-http2.ts';

const resources = leakCheckedResources();

type OnRequest = (socket: TLSSocket, stream: number) => void;

const start = async (onRequest: OnRequest) => resources.use(await startRawHttp2({ onRequest }));
const settings = (...endpoints: string[]): BalancingProxyOptions => ({
  endpoints,
  strategy: 'single',
  transport: gotTransport({ http2: true }),
  tls: { rejectUnauthorized: false },
});
const serve = async (...endpoints: string[]) => resources.serve(settings(...endpoints));

const greeting = Buffer.concat([settingsFrame(), goaway(0, 0)]);
const refuse: OnRequest = (socket, stream) => void socket.write(reset(stream, 7));
const answer: OnRequest = (socket, stream) => void socket.write(Buffer.concat([head(stream), lastData(stream, 'ok')]));
const post = { method: 'POST', body: 'once' };

describe('a POST that is sent once only', () => {
  test('goes to another endpoint when the first one refuses to look at it', async () => {
    const [refusing, serving] = [await start(refuse), await start(answer)];
    const { url, proxy } = await serve(refusing.url, serving.url);
    for (let i = 0; i < 6; i++) expect(await request(url, post)).toMatchObject({ status: 200, text: 'ok' });
    expect(proxy.endpoints[0]).toMatchObject({ state: 'available' });
  });

  test('goes to the endpoint again over a fresh connection when it came too late for the last one', async () => {
    const last = new Map<TLSSocket, number>();
    const endpoint = await start((socket, stream) => {
      const lastStream = last.get(socket);
      if (lastStream === undefined && stream < 7) answer(socket, stream);
      else {
        last.set(socket, lastStream ?? stream - 2);
        socket.write(goaway(stream - 2, 0));
      }
    });
    const { url } = await serve(endpoint.url);
    for (let i = 0; i < 12; i++) expect(await request(url, post)).toMatchObject({ status: 200, text: 'ok' });
    expect(endpoint.sockets.length).toBeGreaterThan(2);
  });

  test('gets through with many others although each connection takes two only', async () => {
    const seen: string[] = [];
    const endpoint = await start((socket, stream) => {
      if (stream > 3) return;
      answer(socket, stream);
      if (stream === 3) socket.write(goaway(3, 0));
      seen.push(`${stream}`);
    });
    const { url } = await serve(endpoint.url);
    const received = await Promise.all(Array.from({ length: 16 }, () => request(url, post)));
    expect(received.map(({ status }) => status)).toEqual(received.map(() => 200));
    expect(seen).toHaveLength(16);
  });

  test('goes to the endpoint again when its connection is turned away before it could be sent', async () => {
    let connections = 0;
    const onConnection = (socket: TLSSocket) => void socket.write(++connections < 3 ? greeting : settingsFrame());
    const endpoint = resources.use(await startRawHttp2({ onConnection, onRequest: answer }));
    const { url } = await serve(endpoint.url);
    expect(await request(url, post)).toMatchObject({ status: 200, text: 'ok' });
    expect(connections).toBe(3);
  });

  test('goes to the endpoint again when one connection after the other is full', async () => {
    let refused = 0;
    const endpoint = await start((socket, stream) => {
      if (++refused <= 5) refuse(socket, stream);
      else answer(socket, stream);
    });
    const { url } = await serve(endpoint.url);
    expect(await request(url, post)).toMatchObject({ status: 200, text: 'ok' });
  });

  test('is answered with 502 when no endpoint looks at it', async () => {
    const { url } = await serve((await start(refuse)).url);
    expect(await request(url, post)).toMatchObject({ status: 502 });
  });
});

test('an error of a gRPC endpoint, which is a head that ends its stream, arrives as one', async () => {
  const endpoint = await start((socket, stream) => void socket.write(onlyHead(stream, 'grpc-status', '5')));
  const proxy = resources.use(createBalancingProxy(settings(endpoint.url)));
  const server = await resources.listen(http2.createServer((req, res) => proxy(req as never, res as never)));
  const session = http2.connect(server.url);
  resources.use({ close: () => session.destroy() });
  const stream = session.request({ ':method': 'POST', ':path': '/', te: 'trailers' });
  const ended = new Promise((resolve) => {
    stream.once('response', (headers, flags) => resolve([headers['grpc-status'], flags & 1]));
  });
  stream.end('call');
  expect(await ended).toEqual(['5', 1]);
  expect(await textOf({ body: stream })).toBe('');
});

test('an endpoint learns over HTTP/2 that the client accepts trailers', async () => {
  const { createCertificate } = await import('../../shared/certificate.ts');
  const origin = http2.createSecureServer(await createCertificate(), (req, res) => res.end(String(req.headers.te)));
  const endpoint = await resources.listen(origin);
  const proxy = resources.use(createBalancingProxy(settings(endpoint.url.replace('http:', 'https:'))));
  const server = await resources.listen(http2.createServer((req, res) => proxy(req as never, res as never)));
  for (const [headers, seen] of [
    [{ te: 'trailers' }, 'trailers'],
    [{}, 'undefined'],
  ] as const) {
    expect(await textOf(await sendHttp2(server.url, { headers }).answer)).toBe(seen);
  }
});
