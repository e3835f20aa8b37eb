import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import http from 'node:http';
import https from 'node:https';
import net, { type Socket } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import tls from 'node:tls';
import type { BalancingProxyOptions } from '../../src/index.ts';
import { createCertificate } from '../helpers/certificate.ts';
import { leakCheckedResources } from '../helpers/leaks.ts';
import { readAll, request, type ServedProxy, serveProxy } from '../helpers/proxy.ts';
import { head } from '../helpers/raw.ts';
import { listen, type TestServer } from '../helpers/servers.ts';

const resources = leakCheckedResources();

const schemes = ['http', 'https'] as const;
type Scheme = (typeof schemes)[number];

const large = randomBytes(16_000_000);
const certificate = createCertificate();

/** Starts a bare endpoint. */
async function startBare(scheme: Scheme, listener: (socket: Socket) => void): Promise<TestServer> {
  const onConnection = (socket: Socket): void => listener(socket.on('error', () => {}));
  const server =
    scheme === 'https' ? tls.createServer(await certificate, onConnection) : net.createServer(onConnection);
  return resources.use(await listen(server));
}

async function startNode(scheme: Scheme, listener: http.RequestListener): Promise<TestServer> {
  const server = scheme === 'https' ? https.createServer(await certificate, listener) : http.createServer(listener);
  return resources.use(await listen(server));
}

async function serve(
  scheme: Scheme,
  { url }: TestServer,
  options: Partial<BalancingProxyOptions>,
): Promise<ServedProxy> {
  const endpoints = [url.replace('http', scheme)];
  return resources.use(await serveProxy({ endpoints, tls: { rejectUnauthorized: false }, ...options }));
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
      await endpoint.idle();
    });

    test('is not cut as long as the endpoint takes some of it', async () => {
      const endpoint = await startNode(scheme, async (req, res) => {
        let bytes = 0;
        for await (const chunk of req) {
          bytes += chunk.length;
          if (bytes < 12_000_000) await pause(10);
        }
        res.end(String(bytes));
      });
      const served = await serve(scheme, endpoint, { ...settings, timeouts: { idleMs: 600 } });
      expect((await post(served.url, large)).text).toBe(String(large.length));
    });

    test('is not cut when the endpoint sends its head first and is silent while it reads', async () => {
      const endpoint = await startNode(scheme, async (req, res) => {
        res.flushHeaders();
        let bytes = 0;
        for await (const chunk of req) {
          bytes += chunk.length;
          if (bytes < 6_000_000) await pause(10);
        }
        res.end(String(bytes));
      });
      const served = await serve(scheme, endpoint, { ...settings, timeouts: { idleMs: 600 } });
      expect((await post(served.url, large)).text).toBe(String(large.length));
    });
  });

  test('may wait for its client longer than `idleMs`', async () => {
    const endpoint = await startNode(
      scheme,
      async (req, res) => void res.end(String((await readAll(req)).body.length)),
    );
    const served = await serve(scheme, endpoint, { ...streamed, timeouts: { idleMs: 50 } });
    const socket = net.connect(Number(new URL(served.url).port), '127.0.0.1');
    const upload = head('POST / HTTP/1.1', 'Host: h', 'Content-Length: 400000', 'Connection: close');
    for (let i = 0; i < 4; i++) {
      socket.write((i === 0 ? upload : '') + 'x'.repeat(100_000));
      await pause(150);
    }
    const [answer] = await once(socket, 'data');
    expect(String(answer)).toMatch(/^HTTP\/1.1 200 /);
    socket.destroy();
  });
});
