import { once } from 'node:events';
import type http from 'node:http';
import type { ServerResponse } from 'node:http';
import { createGunzip, gunzipSync, gzipSync } from 'node:zlib';
import compression from 'compression';
import cors from 'cors';
import express from 'express';
import helmet from 'helmet';
import { type Frame, frames, type Middleware, sendHttp1 } from '../helpers/frames.ts';
import { request } from '../helpers/proxy.ts';
import { answering, hanging } from '../helpers/servers.ts';
import { proxyTo, resources, serveIn } from './framed.ts';

describe('behind compression()', () => {
  const serve = async (listener: http.RequestListener) => {
    const app = express()
      .use(compression({ filter: () => true }))
      .use(proxyTo([(await resources.start(listener)).url]));
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
      .use(proxyTo([(await resources.start(listener)).url]));
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
