import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import http2 from 'node:http2';
import net, { type Socket } from 'node:net';
import { type Frame, frames, sendHttp2, textOf } from '../helpers/frames.ts';
import { answering } from '../helpers/servers.ts';
import { proxyTo, resources, serveIn, telling, warnings } from './framed.ts';

describe('under node:http2', () => {
  const frame = frames.find(({ name }) => name === 'node:http2') as Frame;

  test('a request reaches the endpoint as one of HTTP/1.1', async () => {
    const endpoint = await resources.start(telling);
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
    const endpoint = await resources.start((_, res) => {
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
    expect(Object.keys(answer.headers).sort()).toEqual([':status', 'content-length', 'date', 'x-it']);
    expect(warnings.filter((warning) => warning.startsWith('UnsupportedWarning'))).toEqual([]);
  });

  test('trailers and early hints arrive', async () => {
    const endpoint = await resources.start((_, res) => {
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
    const endpoint = await resources.start((req, res) => {
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
    const endpoint = await resources.startHeld();
    const { url } = await serveIn(frame, proxyTo([endpoint.url]));
    const socket = net.connect(Number(new URL(url).port), '127.0.0.1');
    const session = http2.connect(url, { createConnection: () => socket }).on('error', () => {});
    session.request({ ':path': '/' }).on('error', () => {});
    await endpoint.first;
    leave(socket, session);
    await endpoint.idle();
  });

  test('an upload that is reset makes no attempt', async () => {
    const endpoint = await resources.start(answering(200, 'ok'));
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
