import http from 'node:http';
import http2 from 'node:http2';
import https from 'node:https';
import net, { type Socket } from 'node:net';
import tls from 'node:tls';
import { createCertificate } from '../../shared/certificate.ts';
import { type BalancingProxyOptions, gotTransport } from '../../src/index.ts';
import { later, slowly } from '../helpers/late.ts';
import { leakCheckedResources } from '../helpers/leaks.ts';
import { readAll, request, type ServedProxy } from '../helpers/proxy.ts';
import { head } from '../helpers/raw.ts';
import type { TestServer } from '../helpers/servers.ts';

const resources = leakCheckedResources();

const schemes = ['http', 'https', 'https with HTTP/2'] as const;
type Scheme = (typeof schemes)[number];

const large = Buffer.alloc(40_000_000);
const certificate = createCertificate();

/** Starts a bare endpoint. */
async function startBare(scheme: Scheme, listener: (socket: Socket) => void): Promise<TestServer> {
  const onConnection = (socket: Socket): void => listener(socket.on('error', () => {}));
  // Nobody reads what comes for a stream.
  if (scheme === 'https with HTTP/2') return startNode(scheme, () => {});
  const server =
    scheme === 'https' ? tls.createServer(await certificate, onConnection) : net.createServer(onConnection);
  return await resources.listen(server);
}

async function startNode(scheme: Scheme, listener: http.RequestListener): Promise<TestServer> {
  const servers = {
    http: () => http.createServer(listener),
    https: async () => https.createServer(await certificate, listener),
    'https with HTTP/2': async () => http2.createSecureServer(await certificate, listener as never),
  };
  return await resources.listen(await servers[scheme]());
}

async function serve(
  scheme: Scheme,
  { url }: TestServer,
  options: Partial<BalancingProxyOptions>,
): Promise<ServedProxy> {
  const endpoints = [url.replace('http', scheme === 'http' ? 'http' : 'https')];
  const transport = gotTransport({ http2: scheme === 'https with HTTP/2' });
  return await resources.serve({ endpoints, transport, tls: { rejectUnauthorized: false }, ...options });
}

const buffered = { bodyLimitBytes: large.length };
const streamed = { bodyLimitBytes: 100_000, largeBody: 'stream' } as const;
const post = (url: string, body: Buffer) =>
  request(url, { method: 'POST', headers: { 'Content-Length': body.length }, body });

describe.each(schemes)('an upload over %s', (scheme) => {
  describe.each([
    ['that is buffered', buffered],
    ['that is streamed', streamed],
  ])('%s', (_, settings) => {
    test('times out when the endpoint takes nothing of it for `idleMs`', async () => {
      const sockets: Socket[] = [];
      const endpoint = await startBare(scheme, (socket) => {
        sockets.push(socket.once('data', () => socket.pause()));
      });
      const timeouts = { idleMs: 150, responseMs: Infinity };
      const served = await serve(scheme, endpoint, { ...settings, timeouts });
      expect((await post(served.url, large)).text).toBe('504 ERR_BRP_ALL_TIMED_OUT\n');
      const [ended] = served.events.filter(({ type }) => type === 'request-ended');
      const attempts = [{ outcome: 'timed-out', error: { code: 'ERR_BRP_IDLE_TIMEOUT' } }];
      expect(ended).toMatchObject({ attempts });
      // Paused they would not see the end.
      for (const socket of sockets) socket.resume();
      // A connection of HTTP/2 stays for others.
      if (scheme !== 'https with HTTP/2') await endpoint.idle();
    });

    test('is not cut as long as the endpoint takes some of it', async () => {
      const endpoint = await startNode(scheme, async (req, res) => {
        let bytes = 0;
        for await (const chunk of slowly(req, 4)) bytes += chunk.length;
        res.end(String(bytes));
      });
      const served = await serve(scheme, endpoint, { ...settings, timeouts: { idleMs: 2_000 } });
      expect((await post(served.url, large)).text).toBe(String(large.length));
    });
  });

  test.each<[string, (res: http.ServerResponse) => void]>([
    ['answers at its end', () => {}],
    ['has sent its head before', (res) => res.flushHeaders()],
    [
      'has sent the head of a small body before',
      (res) => void res.writeHead(200, { 'Content-Length': 6 }).flushHeaders(),
    ],
  ])('may wait for its client longer than `idleMs` when the endpoint %s', async (_, begin) => {
    const endpoint = await startNode(scheme, async (req, res) => {
      begin(res);
      res.end(String((await readAll(req)).body.length));
    });
    const served = await serve(scheme, endpoint, { ...streamed, timeouts: { idleMs: 1_000 } });
    const socket = net.connect(Number(new URL(served.url).port), '127.0.0.1');
    const upload = head('POST / HTTP/1.1', 'Host: h', 'Content-Length: 400000', 'Connection: close');
    socket.write(upload + 'x'.repeat(200_000));
    later(1_300, () => socket.write('x'.repeat(200_000)));
    let text = '';
    for await (const chunk of socket) text += chunk;
    expect(text).toMatch(/^HTTP\/1.1 200 /);
    expect(text).toContain('400000');
  });
});
