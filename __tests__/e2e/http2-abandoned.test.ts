import http, { type IncomingMessage, type RequestListener } from 'node:http';
import http2 from 'node:http2';
import { createCertificate } from '../../shared/certificate.ts';
import { type BalancingProxyOptions, gotTransport } from '../../src/index.ts';
import { undiciTransport } from '../../src/transports/undici.ts';
import { leakCheckedResources } from '../helpers/leaks.ts';
import { atLeast, until } from '../helpers/until.ts';
import { contentOf, startHttp2Mirror } from './mirror.ts';

const resources = leakCheckedResources();

const content = contentOf(300_000);
const headers = { ETag: '"one"' };

/** Starts an endpoint of HTTP/2 that counts the streams which are open. */
async function startCounting(listener: RequestListener) {
  const server = http2.createSecureServer(await createCertificate(), listener as never);
  let openStreams = 0;
  let asked = 0;
  server.on('stream', (stream) => {
    asked++;
    openStreams++;
    stream.on('error', () => {}).on('close', () => openStreams--);
  });
  const { url } = await resources.listen(server);
  return { url: url.replace('http:', 'https:'), openStreams: () => openStreams, asked: () => asked };
}

/** A client that reads, once there is something to read, and can go away. */
function read(url: string) {
  let bytes = 0;
  const client = http.get(url, { agent: false }).on('error', () => {});
  client.on('response', (res: IncomingMessage) => {
    res
      .on('error', () => {})
      .on('data', (chunk: Buffer) => {
        bytes += chunk.length;
      });
  });
  return { bytes: () => bytes, leave: () => client.destroy() };
}

const transports = [
  ['got', gotTransport],
  ['undici', undiciTransport],
] as const;

describe.each(transports)('over HTTP/2 by %s, a client that goes away', (_, transport) => {
  const serve = (options: BalancingProxyOptions) =>
    resources.serve({
      strategy: 'failover',
      transport: transport({ http2: true }),
      tls: { rejectUnauthorized: false },
      ...options,
    });

  test('while a response is held has its stream closed', async () => {
    const endpoint = await startCounting((_req, res) => void res.write('first'));
    const served = await serve({ endpoints: [endpoint.url], holdMs: 60_000 });
    const client = read(served.url);
    await until(endpoint.asked, 1);
    client.leave();
    await until(endpoint.openStreams, 0);
    await until(() => served.proxy.endpoints[0]?.inFlight, 0);
  });

  test.each<[string, RequestListener, number]>([
    ['while the rest is asked for', () => {}, 0],
    [
      'within the rest',
      (req, res) => {
        const first = Number(/^bytes=(\d+)-/.exec(req.headers.range ?? '')?.[1]);
        const range = { 'Content-Range': `bytes ${first}-${content.length - 1}/${content.length}` };
        res.writeHead(206, { ...headers, ...range, 'Content-Length': content.length - first });
        res.write(content.subarray(first, first + 50_000));
      },
      150_001,
    ],
  ])('%s has its stream closed', async (_when, listener, bytes) => {
    const breaking = await startHttp2Mirror(resources, { content, headers, breaksAt: [150_000] });
    const second = await startCounting(listener);
    const served = await serve({ endpoints: [breaking.url, second.url] });
    const client = read(served.url);
    await until(second.asked, 1);
    await until(client.bytes, atLeast(bytes));
    client.leave();
    await until(second.openStreams, 0);
    await until(() => served.proxy.endpoints.every(({ inFlight }) => inFlight === 0));
  });
});

test.each(transports)(
  'over HTTP/2 by %s a body that is still coming has its stream closed when `rewriteResponse` fails',
  async (_, transport) => {
    const endpoint = await startCounting((_req, res) => void res.write(content));
    const { url } = await resources.serve({
      endpoints: [endpoint.url],
      transport: transport({ http2: true }),
      tls: { rejectUnauthorized: false },
      rewriteResponse: () => Promise.reject(new Error('no')),
    });
    const client = http.get(url, { agent: false });
    const status = await new Promise((resolve) => client.on('response', (res) => resolve(res.resume().statusCode)));
    expect([status, endpoint.asked()]).toEqual([500, 1]);
    await until(endpoint.openStreams, 0);
  },
);
