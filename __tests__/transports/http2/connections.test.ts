import http2 from 'node:http2';
import https from 'node:https';
import { text as textOf } from 'node:stream/consumers';
import { createCertificate } from '../../../shared/certificate.ts';
import { gotTransport, type Transport, type UpstreamRequest } from '../../../src/index.ts';
import { upstreamRequest } from '../../../src/testing/testing.ts';
import type { ConnectionLimits } from '../../../src/transports/http2/connections/connection-limits.ts';
import { preferHttp2 } from '../../../src/transports/http2/prefer-http2.ts';
import { Resources } from '../../helpers/proxy.ts';
import { answering } from '../../helpers/servers.ts';
import { atLeast, including, until } from '../../helpers/until.ts';

describe('HTTP/2 connections to an endpoint', () => {
  const resources = new Resources();
  const tls = { rejectUnauthorized: false };
  let transport: Transport;
  afterEach(() => resources.closeAll());

  const use = (limits: Partial<ConnectionLimits>) => {
    transport = resources.use(preferHttp2(gotTransport(), limits));
  };
  const start = async (settings: http2.Settings = {}) => {
    const events: http2.Http2ServerResponse[] = [];
    const sent: string[] = [];
    const server = http2.createSecureServer({ ...(await createCertificate()), settings }, (req, res) => {
      res.once('close', () => sent.push(req.url));
      if (req.url === '/events') events.push(res);
      else if (req.url === '/large') res.end(Buffer.alloc(1_000_000));
      else if (req.url !== '/silent') res.end('ok');
      if (req.url === '/events') res.write('first ');
    });
    const endpoint = await resources.listen(server);
    return { url: endpoint.url.replace('http:', 'https:'), endpoint, events, sent };
  };
  const send = (url: string, target = '/', signal = new AbortController().signal) =>
    transport.send(upstreamRequest(url, { tls, target }), signal);
  const get = async (url: string, more: Partial<UpstreamRequest> = {}) =>
    textOf((await transport.send(upstreamRequest(url, { tls, ...more }), new AbortController().signal)).body);
  const cancel = async (url: string) => {
    const abort = new AbortController();
    const sending = send(url, '/silent', abort.signal);
    setImmediate(() => abort.abort(new Error('enough')));
    await expect(sending).rejects.toThrow('enough');
  };

  test.each<[string, Partial<ConnectionLimits>, (url: string) => Promise<unknown>]>([
    ['streams', { maxStreams: 10 }, get],
    ['resets of ours', { maxResets: 10 }, cancel],
  ])('follow one another after a number of %s, and end with what runs on them', async (_, limits, use1) => {
    use(limits);
    const { url, endpoint, events } = await start();
    const running = textOf((await send(url, '/events')).body);
    for (let i = 0; i < 15; i++) await use1(url);
    await until(() => endpoint.accepted, atLeast(2));
    expect(await get(url)).toBe('ok');
    for (const res of events) res.end('last');
    expect(await running).toBe('first last');
    await until(() => endpoint.sockets.size, 1);
  });

  test('follow one another after a time', async () => {
    use({ maxAgeMs: 0 });
    const { url, endpoint } = await start();
    for (let i = 0; i < 3; i++) expect(await get(url)).toBe('ok');
    await until(() => endpoint.accepted, atLeast(2));
  });

  test('end when they are idle', async () => {
    use({ keptMs: 50 });
    const { url, endpoint } = await start();
    expect(await get(url)).toBe('ok');
    await endpoint.idle();
    expect(await get(url)).toBe('ok');
    expect(endpoint.accepted).toBe(2);
  });

  test('end when they are idle although a client went away from a body that had come whole and was not read', async () => {
    use({ keptMs: 50 });
    const { url, endpoint, sent } = await start();
    const abort = new AbortController();
    const { body } = await send(url, '/large', abort.signal);
    body.read(1);
    await until(() => sent, including('/large'));
    // Its answer comes behind the body.
    expect(await get(url)).toBe('ok');
    abort.abort(new Error('enough'));
    await endpoint.idle();
  });

  test('may be closed by the endpoint before a body that has come whole is read', async () => {
    use({});
    const { url, endpoint, sent } = await start();
    const { body } = await send(url, '/large');
    body.read(1);
    await until(() => sent, including('/large'));
    expect(await get(url)).toBe('ok');
    for (const socket of endpoint.sockets) socket.destroy();
    await endpoint.idle();
    await until(() => body.destroyed || body.readableLength > 900_000);
    expect((await textOf(body)).length).toBe(1_000_000);
  });

  test('are opened at once when one does not take all streams', async () => {
    use({});
    const { url, endpoint, events } = await start({ maxConcurrentStreams: 1 });
    expect(await get(url)).toBe('ok');
    const responses = await Promise.all(Array.from({ length: 10 }, () => send(url, '/events')));
    expect(endpoint.accepted).toBeGreaterThanOrEqual(10);
    for (const res of events) res.end('last');
    const texts = await Promise.all(responses.map(({ body }) => textOf(body)));
    expect(new Set(texts)).toEqual(new Set(['first last']));
  });

  test('become more when large bodies compete for one', async () => {
    use({});
    const { url, endpoint } = await start();
    const large = async () => {
      for (let i = 0; i < 5; i++) expect(await get(url, { target: '/large' })).toHaveLength(1_000_000);
    };
    await Promise.all(Array.from({ length: 6 }, large));
    expect(endpoint.accepted).toBeGreaterThan(1);
    expect(endpoint.accepted).toBeLessThanOrEqual(8);
  });
});

test('an endpoint of HTTP/1.1 is asked for HTTP/2 again beside its requests', async () => {
  const resources = new Resources();
  const versions: string[] = [];
  const origin = https.createServer(await createCertificate(), answering(200, 'one'));
  const endpoint = await resources.listen(origin);
  origin.on('request', (req) => versions.push(req.httpVersion));
  const url = endpoint.url.replace('http:', 'https:');
  const transport = resources.use(preferHttp2(gotTransport(), { recheckMs: 0 }));
  for (let i = 0; i < 3; i++) {
    const { signal } = new AbortController();
    const { body } = await transport.send(upstreamRequest(url, { tls: { rejectUnauthorized: false } }), signal);
    expect(await textOf(body)).toBe('one');
  }
  expect(versions).toEqual(['1.1', '1.1', '1.1']);
  await resources.closeAll();
});
