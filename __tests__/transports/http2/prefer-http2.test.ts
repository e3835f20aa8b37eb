import http2, {
  type Http2ServerRequest,
  type Http2ServerResponse,
  type ServerHttp2Session,
  type ServerHttp2Stream,
} from 'node:http2';
import https from 'node:https';
import { Readable } from 'node:stream';
import { text as textOf } from 'node:stream/consumers';
import { setImmediate } from 'node:timers/promises';
import { createCertificate } from '../../../shared/certificate.ts';
import { gotTransport, type Transport } from '../../../src/index.ts';
import { upstreamRequest } from '../../../src/testing/testing.ts';
import { undiciTransport } from '../../../src/transports/undici.ts';
import { later } from '../../helpers/late.ts';
import { Resources } from '../../helpers/proxy.ts';
import { answering, type Place, refusedUrl, secondLoopback } from '../../helpers/servers.ts';
import { until } from '../../helpers/until.ts';

type Listener = (req: Http2ServerRequest, res: Http2ServerResponse) => void;

const ok: Listener = (req, res) => {
  req.resume();
  res.end('ok');
};

describe.each<[string, () => Transport]>([
  ['gotTransport({ http2: true })', () => gotTransport({ http2: true })],
  ['undiciTransport({ http2: true })', () => undiciTransport({ http2: true })],
  ['undiciTransport({ allowH2: true })', () => undiciTransport({ allowH2: true })],
])('%s', (_, create) => {
  const resources = new Resources();
  let transport: Transport;
  let tls: { readonly key: string; readonly cert: string };
  beforeAll(async () => {
    tls = await createCertificate();
  });
  beforeEach(() => {
    transport = resources.use(create());
  });
  afterEach(() => resources.closeAll());

  /** Starts an endpoint that speaks HTTP/2 and HTTP/1.1, with what happened to its streams. */
  const start = async (listener: Listener, settings: http2.Settings = {}, place?: Place) => {
    const streams: ServerHttp2Stream[] = [];
    const versions: string[] = [];
    const server = http2.createSecureServer({ ...tls, allowHTTP1: true, settings }, (req, res) => {
      versions.push(req.httpVersion);
      listener(req, res);
    });
    const sessions: ServerHttp2Session[] = [];
    server.on('session', (session) => sessions.push(session));
    server.on('stream', (stream) => streams.push(stream.on('error', () => {})));
    const started = await resources.listen(server, place);
    return { url: started.url.replace('http:', 'https:'), streams, sessions, versions, server: started };
  };
  const send = (url: string, more: Parameters<typeof upstreamRequest>[1] = {}, signal = new AbortController().signal) =>
    transport.send(upstreamRequest(url, { tls: sharedTls(), ...more }), signal);
  const trusted = new Map<string, { readonly ca: string }>();
  const sharedTls = () => {
    const known = trusted.get(tls.cert) ?? { ca: tls.cert };
    trusted.set(tls.cert, known);
    return known;
  };

  test('sends all requests over one connection', async () => {
    const { url, versions, server } = await start(ok);
    for (let i = 0; i < 3; i++) expect(await textOf((await send(url)).body)).toBe('ok');
    await Promise.all(Array.from({ length: 10 }, async () => textOf((await send(url)).body)));
    expect(new Set(versions)).toEqual(new Set(['2.0']));
    expect(server.accepted).toBe(1);
  });

  test('sends method, target, headers and body as they are, and the Host as authority', async () => {
    const received = Promise.withResolvers<Http2ServerRequest & { readonly text: string }>();
    const { url } = await start(async (req, res) => {
      received.resolve(Object.assign(req, { text: await textOf(req) }));
      res.end();
    });
    const headers = ['Host', 'a.example:1', 'X-Kept', '1', 'Accept', 'a', 'Accept', 'b', 'Content-Length', '4'];
    await send(url, { method: 'PATCH', target: '/a/../b//%2e?x=|"<>', headers, body: Buffer.from('sent') });
    const { method, url: target, headers: got, text, authority } = await received.promise;
    expect([method, target, authority, text]).toEqual(['PATCH', '/a/../b//%2e?x=|"<>', 'a.example:1', 'sent']);
    expect(got).toMatchObject({ 'x-kept': '1', accept: 'a, b', 'content-length': '4' });
  });

  test('gives status, repeated headers and trailers', async () => {
    const { url } = await start((_req, res) => {
      res.writeHead(299, { 'x-a': '1', 'set-cookie': ['a=1', 'b=2'] });
      res.addTrailers({ 'x-t': 't' });
      res.end('ok');
    });
    const response = await send(url);
    expect(response.status).toBe(299);
    expect(response.headers.join()).toContain('x-a,1,set-cookie,a=1,set-cookie,b=2');
    expect(response.headers.join()).not.toContain(':status');
    expect(await textOf(response.body)).toBe('ok');
    expect(response.trailers()).toEqual(['x-t', 't']);
  });

  test('gives a large body whole', async () => {
    const sent = Buffer.alloc(3_000_000, 'large');
    const { url } = await start((_req, res) => res.end(sent));
    expect(await textOf((await send(url)).body)).toBe(sent.toString());
  });

  test.each(['before the head', 'within the body'])('cancels %s with a reset of the stream alone', async (when) => {
    const { url, streams, server } = await start((req, res) => {
      if (req.url === '/ok') ok(req, res);
      else if (when === 'within the body') res.write('first');
    });
    await textOf((await send(url, { target: '/ok' })).body);
    const abort = new AbortController();
    const sending = send(url, {}, abort.signal);
    if (when === 'within the body') await sending;
    await until(() => streams.length, 2);
    abort.abort(new Error('enough'));
    if (when === 'before the head') await expect(sending).rejects.toThrow('enough');
    await until(() => streams[1]?.closed, true);
    expect(streams[1]?.rstCode).toBe(http2.constants.NGHTTP2_CANCEL);
    expect(await textOf((await send(url, { target: '/ok' })).body)).toBe('ok');
    expect(server.accepted).toBe(1);
  });

  test('closes a body that is cancelled', async () => {
    const { url } = await start((_req, res) => void res.write('first'));
    const abort = new AbortController();
    const { body } = await send(url, {}, abort.signal);
    const closed = new Promise((resolve) => body.once('close', resolve));
    abort.abort();
    await closed;
  });

  test.each([
    ['resets the stream', (res: Http2ServerResponse) => res.stream.close(http2.constants.NGHTTP2_INTERNAL_ERROR)],
    ['cancels the stream', (res: Http2ServerResponse) => res.stream.close(http2.constants.NGHTTP2_CANCEL)],
    ['drops the connection', (res: Http2ServerResponse) => res.stream.session?.destroy()],
  ])('never ends a body as if it were whole when the endpoint %s', async (_name, breakOff) => {
    const { url } = await start((_req, res) => {
      res.write('half');
      later(20, () => breakOff(res));
    });
    const { body } = await send(url);
    await expect(textOf(body)).rejects.toThrow();
  });

  test('reports a stream that is reset before its head as lost, and goes on', async () => {
    const { url } = await start((req, res) => {
      if (req.url === '/ok') ok(req, res);
      else res.stream.close(http2.constants.NGHTTP2_INTERNAL_ERROR);
    });
    await expect(send(url)).rejects.toMatchObject({ code: 'ERR_BRP_CONNECTION_LOST' });
    expect(await textOf((await send(url, { target: '/ok' })).body)).toBe('ok');
  });

  test('connects anew when the endpoint has closed the connection', async () => {
    const { url, server, sessions } = await start(ok);
    await textOf((await send(url)).body);
    sessions[0]?.close();
    await server.idle();
    await setImmediate();
    expect(await textOf((await send(url)).body)).toBe('ok');
    expect(server.accepted).toBe(2);
  });

  test('serves more requests at once than one connection takes', async () => {
    const { url } = await start((req, res) => later(5, () => ok(req, res)), { maxConcurrentStreams: 4 });
    await textOf((await send(url)).body);
    const texts = await Promise.all(Array.from({ length: 40 }, async () => textOf((await send(url)).body)));
    expect(new Set(texts)).toEqual(new Set(['ok']));
  });

  test('gives as many responses at once as one connection takes whole', async () => {
    const sent = Buffer.alloc(20_000, 'response');
    const { url, server } = await start((req, res) => void (req.url === '/ok' ? ok(req, res) : res.end(sent)));
    await textOf((await send(url, { target: '/ok' })).body);
    const texts = await Promise.all(Array.from({ length: 100 }, async () => textOf((await send(url)).body)));
    expect(new Set(texts)).toEqual(new Set([sent.toString()]));
    expect(server.accepted).toBe(1);
  });

  test('takes and gives more headers than node:http2 by itself', async () => {
    const names = Array.from({ length: 200 }, (_name, index) => `x-${index}`);
    const { url, versions } = await start((req, res) => {
      for (const name of names) res.setHeader(name, 'v');
      res.end(String(Object.keys(req.headers).filter((name) => name.startsWith('x-')).length));
    });
    const { headers } = await send(url);
    expect(headers.filter((part) => part.startsWith('x-'))).toEqual(names);
    const many = ['Host', 'h', ...names.flatMap((name) => [name, 'v'])];
    expect(await textOf((await send(url, { headers: many })).body)).toBe('200');
    expect(versions).toEqual(['2.0', '1.1']);
  });

  test('sends a header with an odd name, and says that trailers are accepted when they are', async () => {
    const { url } = await start((req, res) => {
      const names = req.rawHeaders.filter((_part, index) => index % 2 === 0);
      res.end(`${req.headers.te} ${names.includes('__proto__')}`);
    });
    const headers = ['Host', 'h', '__proto__', 'p'];
    expect(await textOf((await send(url, { headers })).body)).toBe('undefined true');
    expect(await textOf((await send(url, { headers, acceptsTrailers: true })).body)).toBe('trailers true');
  });

  test.each(['GET', 'POST'])('sends a %s over HTTP/1.1 when the endpoint asks for it', async (method) => {
    const { url, versions } = await start((req, res) => {
      if (req.httpVersion === '2.0') res.stream.close(http2.constants.NGHTTP2_HTTP_1_1_REQUIRED);
      else res.end('over 1.1');
    });
    const body = method === 'POST' ? Buffer.from('once') : undefined;
    const headers = ['Host', 'h', ...(body ? ['Content-Length', '4'] : [])];
    expect(await textOf((await send(url, { method, headers, body })).body)).toBe('over 1.1');
    expect(versions).toEqual(['2.0', '1.1']);
  });

  const upload = { method: 'POST', headers: ['Host', 'h'], body: Buffer.alloc(1_000_000) };

  test('sends as many uploads at once as one connection takes', async () => {
    const { url } = await start(async (req, res) => res.end(String((await textOf(req)).length)));
    await textOf((await send(url)).body);
    const texts = await Promise.all(Array.from({ length: 30 }, async () => textOf((await send(url, upload)).body)));
    expect(new Set(texts)).toEqual(new Set(['1000000']));
  });

  test.each<[string, (url: string) => Promise<unknown>]>([
    ['were answered early', async (url) => textOf((await send(url, upload)).body)],
    [
      'were cancelled',
      async (url) => {
        const abort = new AbortController();
        const sending = send(url, { ...upload, target: '/silent' }, abort.signal);
        await setImmediate();
        abort.abort(new Error('enough'));
        await expect(sending).rejects.toThrow('enough');
      },
    ],
  ])('serves requests after many uploads that %s', async (_name, interrupt) => {
    const { url } = await start((req, res) => void (req.url !== '/silent' && res.writeHead(413).end('enough')));
    for (let i = 0; i < 14; i++) await interrupt(url);
    expect(await textOf((await send(url)).body)).toBe('enough');
  });

  test('speaks HTTP/1.1 with an endpoint that offers nothing else', async () => {
    const server = await resources.listen(https.createServer(tls, answering(200, 'one')));
    for (let i = 0; i < 2; i++) {
      const { body } = await send(server.url.replace('http:', 'https:'));
      expect(await textOf(body)).toBe('one');
    }
  });

  test('speaks HTTP/1.1 with an endpoint that is not secure', async () => {
    const { createServer } = await import('node:http');
    const server = await resources.listen(createServer(answering(200, 'plain')));
    expect(await textOf((await send(server.url)).body)).toBe('plain');
  });

  const chunked = ['Host', 'h', 'Transfer-Encoding', 'chunked'];

  test('sends a request anew as another stream', async () => {
    const { url, versions } = await start(ok);
    await textOf((await send(url, { freshConnection: true })).body);
    expect(versions).toEqual(['2.0']);
  });

  test.each([
    ['an upgrade', { headers: ['Host', 'h', 'Connection', 'Upgrade', 'Upgrade', 'websocket'] }],
    ['a body that is streamed', { method: 'POST', headers: chunked, body: Readable.from([Buffer.from('sent')]) }],
  ])('sends %s over HTTP/1.1', async (_name, more) => {
    const { url, versions } = await start(ok);
    await textOf((await send(url, more)).body);
    expect(versions).toEqual(['1.1']);
  });

  test('reports a connection that is refused, or not trusted, as one that never reached the endpoint', async () => {
    const refused = (await refusedUrl()).replace('http:', 'https:');
    await expect(send(refused)).rejects.toMatchObject({ code: 'ERR_BRP_CONNECT' });
    const { url } = await start(ok);
    await expect(send(url, { tls: undefined })).rejects.toMatchObject({ code: 'ERR_BRP_CONNECT' });
  });

  test('connects to the address of an endpoint, and shares no connection with another one of the same URL', async () => {
    const first = await start((_req, res) => res.end('first'));
    const { port } = first.server;
    const second = await start((_req, res) => res.end('second'), {}, { host: secondLoopback, port });
    for (let i = 0; i < 2; i++) {
      const url = `https://localhost:${port}`;
      expect(await textOf((await send(url, { connectTo: '127.0.0.1' })).body)).toBe('first');
      expect(await textOf((await send(url, { connectTo: secondLoopback })).body)).toBe('second');
    }
    expect([first, second].map(({ versions, server }) => [...versions, server.accepted])).toEqual([
      ['2.0', '2.0', 1],
      ['2.0', '2.0', 1],
    ]);
  });

  test('checks the certificate of an endpoint with an address for the name of its URL', async () => {
    const { server } = await start(ok);
    const sending = send(`https://other.example:${server.port}`, { connectTo: '127.0.0.1' });
    await expect(sending).rejects.toMatchObject({
      code: 'ERR_BRP_CONNECT',
      message: expect.stringContaining('altnames'),
    });
  });

  test('sends nothing for a signal that has fired already', async () => {
    const { url, streams } = await start(ok);
    await expect(send(url, {}, AbortSignal.abort(new Error('too late')))).rejects.toThrow('too late');
    expect(streams).toEqual([]);
  });

  test('closes its connections with close()', async () => {
    const { url, server } = await start(ok);
    await textOf((await send(url)).body);
    await transport.close();
    await server.idle();
  });
});
