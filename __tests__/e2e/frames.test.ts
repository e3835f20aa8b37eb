import { once } from 'node:events';
import type http from 'node:http';
import type { ServerResponse } from 'node:http';
import http2 from 'node:http2';
import net, { type Socket } from 'node:net';
import { runInThisContext } from 'node:vm';
import { createGunzip, gunzipSync, gzipSync } from 'node:zlib';
import compression from 'compression';
import cors from 'cors';
import express from 'express';
import helmet from 'helmet';
import { type BalancingProxy, type BalancingProxyOptions, createBalancingProxy } from '../../src/index.ts';
import {
  type Frame,
  frames,
  type Middleware,
  mountingFrames,
  sendHttp1,
  sendHttp2,
  textOf,
} from '../helpers/frames.ts';
import { leakCheckedResources } from '../helpers/leaks.ts';
import { readAll, request } from '../helpers/proxy.ts';
import { answering, hanging, refusedUrl, startHttp } from '../helpers/servers.ts';

const resources = leakCheckedResources();

/** Jest gives tests a copy of `process`, which no warning reaches. */
const realProcess = runInThisContext('process') as NodeJS.Process;
const warnings: string[] = [];
realProcess.on('warning', ({ name, message }) => warnings.push(`${name}: ${message}`));

const start = async (listener: http.RequestListener) => resources.use(await startHttp(listener));
const proxyTo = (endpoints: readonly string[], options: Partial<BalancingProxyOptions> = {}): BalancingProxy =>
  resources.use(createBalancingProxy({ endpoints, ...options }));

/** Serves one proxy in a frame, mounted at `/`. */
async function serveIn(frame: Frame, proxy: Middleware, onError?: Parameters<Frame['start']>[0]['onError']) {
  return resources.use(await frame.start({ mounts: { '/': proxy }, onError }));
}

/** An endpoint that answers with what it was asked, in JSON. */
const telling: http.RequestListener = async (req, res) => {
  const { method, url, headers, rawHeaders } = req;
  const { text } = await readAll(req);
  answering(200, JSON.stringify({ method, url, headers, rawHeaders, text }))(req, res);
};

/** An endpoint whose responses the test holds in its hand. */
async function startHeld() {
  const asked = Promise.withResolvers<ServerResponse>();
  const endpoint = await start((req, res) => {
    req.resume();
    asked.resolve(res);
  });
  return { endpoint, asked: asked.promise };
}

describe.each(frames)('under $name', (frame) => {
  test('a GET is answered with status, headers and body of the endpoint', async () => {
    const endpoint = await start(answering(203, 'hello', { 'X-It': 'yes', 'Set-Cookie': ['a=1', 'b=2'] }));
    const { url } = await serveIn(frame, proxyTo([await refusedUrl(), endpoint.url]));
    const answer = await frame.send(`${url}/a/path?x=1`).answer;
    expect([answer.status, await textOf(answer)]).toEqual([203, 'hello']);
    expect(answer.headers).toMatchObject({ 'x-it': 'yes', 'set-cookie': ['a=1', 'b=2'], 'content-length': '5' });
  });

  test('a POST reaches every endpoint with target, headers and JSON body', async () => {
    const asked: object[] = [];
    const slow: http.RequestListener = async (req, res) => {
      asked.push({ url: req.url, headers: req.headers, text: (await readAll(req)).text });
      if (asked.length === 2) answering(200, 'both')(req, res);
    };
    const { url } = await serveIn(frame, proxyTo([(await start(slow)).url, (await start(slow)).url]));
    const body = '{"name": "Grüße"}';
    const headers = { 'Content-Type': 'application/json', 'X-It': 'yes' };
    const answer = await frame.send(`${url}/a//%2F?x`, { method: 'POST', headers, body }).answer;
    expect(await textOf(answer)).toBe('both');
    const same = { 'content-type': 'application/json', 'content-length': '19', 'x-it': 'yes' };
    const expected = { url: '/a//%2F?x', headers: expect.objectContaining(same), text: body };
    expect(asked).toEqual([expected, expected]);
  });

  test.each([
    ['HEAD', 200],
    ['GET', 204],
    ['GET', 304],
  ])('a %s that is answered with %i has no body', async (method, status) => {
    const endpoint = await start((_, res) => void res.writeHead(status, { 'X-It': 'yes' }).end());
    const { url } = await serveIn(frame, proxyTo([endpoint.url]));
    const answer = await frame.send(url, { method }).answer;
    expect([answer.status, answer.headers['x-it'], await textOf(answer)]).toEqual([status, 'yes', '']);
  });

  test('a chunked response is streamed as it comes', async () => {
    const { endpoint, asked } = await startHeld();
    const { url } = await serveIn(frame, proxyTo([endpoint.url]));
    const { answer } = frame.send(url);
    const held = await asked;
    held.write('first,');
    const { body } = await answer;
    expect(String((await once(body, 'data'))[0])).toBe('first,');
    held.write('second,');
    expect(String((await once(body, 'data'))[0])).toBe('second,');
    held.end('last');
    expect(await textOf({ body })).toBe('last');
  });

  test('a response that breaks off never ends as if it were whole', async () => {
    const { endpoint, asked } = await startHeld();
    const { url } = await serveIn(frame, proxyTo([endpoint.url]));
    const { answer } = frame.send(url);
    const held = await asked;
    held.write('half');
    const received = await answer;
    await once(received.body, 'readable');
    held.destroy();
    await expect(textOf(received)).rejects.toMatchObject({
      code: frame.name === 'node:http2' ? 'ERR_HTTP2_STREAM_ERROR' : 'ECONNRESET',
    });
  });

  test('a client that leaves before the head cancels every attempt', async () => {
    const held = [await startHeld(), await startHeld()];
    const { url } = await serveIn(frame, proxyTo(held.map(({ endpoint }) => endpoint.url)));
    const client = frame.send(url);
    await Promise.all(held.map(({ asked }) => asked));
    client.abort();
    await Promise.all(held.map(({ endpoint }) => endpoint.idle()));
  });

  test('a client that leaves within the body cancels the winner', async () => {
    const { endpoint, asked } = await startHeld();
    const { url } = await serveIn(frame, proxyTo([endpoint.url]));
    const client = frame.send(url);
    (await asked).write('first');
    const { body } = await client.answer;
    body.on('error', () => {});
    client.abort();
    await endpoint.idle();
  });

  test('a client that has left before the proxy is called makes no attempt', async () => {
    const endpoint = await start(answering(200, 'ok'));
    const proxy = proxyTo([endpoint.url]);
    const called = Promise.withResolvers<void>();
    const reached = Promise.withResolvers<void>();
    const { url } = await serveIn(frame, (req, res, next) => {
      res.once('close', () => {
        proxy(req, res, next);
        called.resolve();
      });
      reached.resolve();
    });
    const client = frame.send(url);
    await reached.promise;
    client.abort();
    await called.promise;
    await proxy.close();
    expect(endpoint.accepted).toBe(0);
  });

  test("an error is answered with its status by the frame's own means", async () => {
    const { url } = await serveIn(frame, proxyTo([await refusedUrl()]));
    expect((await frame.send(url).answer).status).toBe(502);
  });

  test('an error goes to the error handler, with its headers', async () => {
    const proxy = proxyTo([await refusedUrl()]);
    await proxy.close();
    const { url } = await serveIn(frame, proxy, ({ status, code, headers }, res) => {
      res.writeHead(status, headers).end(`handled ${code}`);
    });
    const answer = await frame.send(url).answer;
    expect([answer.status, answer.headers['retry-after'], await textOf(answer)]).toEqual([
      503,
      '1',
      'handled ERR_BRP_CLOSED',
    ]);
  });
});

describe.each(mountingFrames)('mounted under $name', (frame) => {
  test('takes the prefix off, whatever stands behind it', async () => {
    const endpoint = await start(telling);
    const proxy = proxyTo([`${endpoint.url}/base`]);
    const { url } = resources.use(await frame.start({ mounts: { '/api': proxy } }));
    for (const [path, seen] of Object.entries({
      '/api': '/base/',
      '/api/': '/base/',
      '/api/x/%2F?a': '/base/x/%2F?a',
    })) {
      expect(JSON.parse(await textOf(await frame.send(url + path).answer)).url).toBe(seen);
    }
    expect((await frame.send(`${url}/other`).answer).status).toBe(404);
  });

  test('serves two proxies on two prefixes, and one of them on a third', async () => {
    const [first, second] = [await start(answering(200, 'first')), await start(answering(200, 'second'))];
    const [one, two] = [proxyTo([first.url]), proxyTo([second.url])];
    const { url } = resources.use(await frame.start({ mounts: { '/one': one, '/two': two, '/three': one } }));
    const paths = ['/one/x', '/two/x', '/three/x', '/one', '/two', '/three'];
    const texts = paths.map(async (path) => textOf(await frame.send(url + path).answer));
    expect(await Promise.all(texts)).toEqual(['first', 'second', 'first', 'first', 'second', 'first']);
    expect([one.endpoints[0]?.successes, two.endpoints[0]?.successes]).toEqual([4, 2]);
  });
});

describe('behind compression()', () => {
  const serve = async (listener: http.RequestListener) => {
    const app = express()
      .use(compression({ filter: () => true }))
      .use(proxyTo([(await start(listener)).url]));
    return serveIn(frames[0] as Frame, app as Middleware);
  };
  const gzip = { headers: { 'Accept-Encoding': 'gzip' } };

  test.each<[string, http.RequestListener]>([
    ['small', answering(200, 'x'.repeat(10_000), { 'Content-Type': 'text/plain' })],
    ['long', answering(200, 'x'.repeat(5_000_000), { 'Content-Type': 'text/plain' })],
    [
      'chunked',
      (_, res) => {
        res.setHeader('Content-Type', 'text/plain');
        for (let i = 0; i < 100; i++) res.write('x'.repeat(50_000));
        res.end();
      },
    ],
  ])('a %s response is compressed', async (_, listener) => {
    const { url } = await serve(listener);
    const plain = await request(url);
    const { headers, body } = await request(url, gzip);
    expect([headers['content-encoding'], headers['content-length']]).toEqual(['gzip', undefined]);
    expect(body.length).toBeLessThan(plain.body.length / 10);
    expect(gunzipSync(body).equals(plain.body)).toBe(true);
  });

  test('a response that is compressed already stays as it is', async () => {
    const compressed = gzipSync('x'.repeat(10_000));
    const { url } = await serve((_, res) => {
      res.writeHead(200, { 'Content-Type': 'text/plain', 'Content-Encoding': 'gzip' }).end(compressed);
    });
    const { headers, body } = await request(url, gzip);
    expect([headers['content-encoding'], body.equals(compressed)]).toEqual(['gzip', true]);
  });

  test.each([
    ['Content-Type', 'text/event-stream; charset=utf-8'],
    ['Content-Type', 'Text/Event-Stream'],
    ['Content-Type', 'application/x-ndjson'],
    ['Content-Type', 'application/json-seq'],
    ['Content-Type', 'Multipart/X-Mixed-Replace; boundary=b'],
    ['Content-Type', 'application/grpc-web+json'],
    ['X-Accel-Buffering', 'no'],
  ])('each part of a stream arrives while the endpoint holds the response open: %s: %s', async (name, value) => {
    const held = Promise.withResolvers<ServerResponse>();
    const { url } = await serve((_, res) => {
      res.writeHead(200, { 'Content-Type': 'text/plain', [name]: value }).flushHeaders();
      held.resolve(res);
    });
    const { headers, body } = await sendHttp1(url, gzip).answer;
    expect(headers['content-encoding']).toBe('gzip');
    const events = body.pipe(createGunzip());
    const endpoint = await held.promise;
    for (const event of ['data: 1\n\n', 'data: 2\n\n']) {
      endpoint.write(event);
      expect(String((await once(events, 'data'))[0])).toBe(event);
    }
    endpoint.end();
    await once(events, 'end');
  });
});

describe('behind helmet() and cors()', () => {
  const serve = async (listener: http.RequestListener) => {
    const app = express()
      .use(helmet(), cors({ origin: 'https://app.example', exposedHeaders: 'X-It' }))
      .use(proxyTo([(await start(listener)).url]));
    return serveIn(frames[0] as Frame, app as Middleware);
  };

  test('their headers are kept, but for those that the endpoint has, too', async () => {
    const own = { 'X-Frame-Options': 'DENY', 'access-control-allow-origin': '*', Vary: 'Accept-Language' };
    const { url } = await serve(answering(200, 'ok', own));
    const { headers, rawHeaders } = await request(url);
    expect(headers).toMatchObject({
      'x-content-type-options': 'nosniff',
      'access-control-expose-headers': 'X-It',
      'x-frame-options': 'DENY',
      'access-control-allow-origin': '*',
      vary: 'Origin, Accept-Language',
    });
    const names = rawHeaders.filter((_, index) => index % 2 === 0).map((name) => name.toLowerCase());
    expect(names.filter((name) => name === 'access-control-allow-origin')).toHaveLength(1);
  });

  test('their headers are there when the error handler answers', async () => {
    const { url } = await serve((_, res) => void res.destroy());
    const { status, headers } = await request(url);
    expect([status, headers['access-control-allow-origin']]).toEqual([502, 'https://app.example']);
  });

  test('a preflight is answered without an endpoint', async () => {
    const { url } = await serve(hanging);
    const headers = { Origin: 'https://app.example', 'Access-Control-Request-Method': 'PUT' };
    expect((await request(url, { method: 'OPTIONS', headers })).status).toBe(204);
  });
});

describe('under node:http2', () => {
  const frame = frames.find(({ name }) => name === 'node:http2') as Frame;

  test('a request reaches the endpoint as one of HTTP/1.1', async () => {
    const endpoint = await start(telling);
    const { url } = await serveIn(frame, proxyTo([endpoint.url], { via: 'us' }));
    const headers = { cookie: ['a=1', 'b=2'], te: 'trailers' };
    const { headers: seen, rawHeaders } = JSON.parse(await textOf(await sendHttp2(`${url}/x`, { headers }).answer));
    const { host, port } = new URL(url);
    expect(seen).toMatchObject({
      host: new URL(endpoint.url).host,
      cookie: 'a=1; b=2',
      via: '2.0 us',
      'x-forwarded-for': '127.0.0.1',
      'x-forwarded-host': host,
      'x-forwarded-port': port,
      'x-forwarded-proto': 'http',
    });
    const names: string[] = rawHeaders.filter((_: string, index: number) => index % 2 === 0);
    expect(names.filter((name) => name.startsWith(':') || name.toLowerCase() === 'te')).toEqual([]);
    expect(names.filter((name) => name.toLowerCase() === 'cookie')).toHaveLength(1);
  });

  test('a response loses its reason phrase and connection headers without a warning', async () => {
    const endpoint = await start((_, res) => {
      res.writeHead(200, 'Just Fine', {
        Connection: 'X-Hop, keep-alive',
        'Keep-Alive': 'timeout=9',
        'Proxy-Connection': 'keep-alive',
        Upgrade: 'h2c',
        'X-Hop': 'yes',
        'X-It': 'yes',
      });
      res.write('chunked');
      res.end();
    });
    const { url } = await serveIn(frame, proxyTo([endpoint.url]));
    const answer = await sendHttp2(url).answer;
    expect(await textOf(answer)).toBe('chunked');
    expect(Object.keys(answer.headers).sort()).toEqual([':status', 'date', 'x-it']);
    expect(warnings.filter((warning) => warning.startsWith('UnsupportedWarning'))).toEqual([]);
  });

  test('trailers and early hints arrive', async () => {
    const endpoint = await start((_, res) => {
      res.writeEarlyHints({ link: '</style.css>; rel=preload' });
      res.writeHead(200, { Trailer: 'X-Sum' }).write('body');
      res.addTrailers({ 'X-Sum': '42', Connection: 'close', 'Transfer-Encoding': 'chunked' });
      res.end();
    });
    const { url } = await serveIn(frame, proxyTo([endpoint.url]));
    const session = http2.connect(url);
    resources.use({ close: () => session.destroy() });
    const stream = session.request({ ':path': '/' });
    const hints = once(stream, 'headers');
    const trailers = once(stream, 'trailers');
    expect(await textOf({ body: stream })).toBe('body');
    expect((await hints)[0]).toMatchObject({ ':status': 103, link: '</style.css>; rel=preload' });
    expect((await trailers)[0]).toMatchObject({ 'x-sum': '42' });
  });

  test('a stream that is reset leaves the others of its connection alone', async () => {
    const held = new Map<string, ServerResponse>();
    const bothAsked = Promise.withResolvers<void>();
    const endpoint = await start((req, res) => {
      held.set(req.url ?? '', res);
      if (held.size === 2) bothAsked.resolve();
    });
    const { url } = await serveIn(frame, proxyTo([endpoint.url]));
    const session = http2.connect(url);
    resources.use({ close: () => session.destroy() });
    const [left, kept] = ['/left', '/kept'].map((path) => session.request({ ':path': path }));
    await bothAsked.promise;
    left?.close(http2.constants.NGHTTP2_CANCEL);
    await once(held.get('/left') as ServerResponse, 'close');
    held.get('/kept')?.end('whole');
    expect(kept && (await textOf({ body: kept }))).toBe('whole');
  });

  test.each<[string, (socket: Socket, session: http2.ClientHttp2Session) => void]>([
    ['is reset', (socket) => socket.resetAndDestroy()],
    ['is closed', (socket) => socket.destroy()],
    ['is given up', (_, session) => session.destroy()],
  ])('a connection that %s cancels every attempt', async (_, leave) => {
    const { endpoint, asked } = await startHeld();
    const { url } = await serveIn(frame, proxyTo([endpoint.url]));
    const socket = net.connect(Number(new URL(url).port), '127.0.0.1');
    const session = http2.connect(url, { createConnection: () => socket }).on('error', () => {});
    session.request({ ':path': '/' }).on('error', () => {});
    await asked;
    leave(socket, session);
    await endpoint.idle();
  });

  test('an upload that is reset makes no attempt', async () => {
    const endpoint = await start(answering(200, 'ok'));
    const proxy = proxyTo([endpoint.url]);
    const { url } = await serveIn(frame, proxy);
    const ended = Promise.withResolvers<unknown>();
    proxy.subscribe((event) => event.type === 'request-ended' && ended.resolve(event.error?.code));
    const session = http2.connect(url);
    resources.use({ close: () => session.destroy() });
    const stream = session.request({ ':path': '/', ':method': 'POST' }).on('error', () => {});
    proxy.subscribe(({ type }) => type === 'request-started' && stream.close(http2.constants.NGHTTP2_CANCEL));
    stream.write('half');
    expect([await ended.promise, endpoint.accepted]).toEqual(['ERR_BRP_CLIENT_GONE', 0]);
  });
});
