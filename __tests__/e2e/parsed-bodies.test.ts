import { once } from 'node:events';
import type http from 'node:http';
import type { IncomingMessage, RequestListener } from 'node:http';
import { gzipSync } from 'node:zlib';
import express, { type RequestHandler } from 'express';
import type { BalancingProxy, BalancingProxyOptions } from '../../src/index.ts';
import { leakCheckedResources } from '../helpers/leaks.ts';
import { request } from '../helpers/proxy.ts';
import { startRaw, valuesIn } from '../helpers/raw.ts';
import { endOf, ok } from './upload-answers.ts';

const resources = leakCheckedResources();

/** Puts middleware before the proxy. */
const behind =
  (...handlers: RequestHandler[]) =>
  (proxy: BalancingProxy): RequestListener =>
    express().use(...handlers, proxy);

interface Post {
  readonly type: string;
  readonly body: string | Buffer | readonly Buffer[];
  readonly headers?: http.OutgoingHttpHeaders;
  readonly options?: Partial<BalancingProxyOptions>;
}

/** Sends a body through this middleware and the proxy and tells what the endpoint and the client got. */
async function post(handlers: RequestHandler[], { type, body, headers, options }: Post) {
  const endpoint = resources.use(await startRaw(ok));
  const served = await resources.serve({ endpoints: [endpoint.url], ...options }, behind(...handlers));
  const framing = Array.isArray(body) ? {} : { 'Content-Length': Buffer.byteLength(body as string) };
  const { status, text } = await request(served.url, {
    method: 'POST',
    headers: { 'Content-Type': type, ...framing, ...headers },
    body,
  });
  const [got] = endpoint.requests;
  const one = (name: string) => valuesIn(got?.headers ?? [], name)[0];
  return { status, text, body: got?.body, one, error: endOf(served).error };
}

const latin = (text: string) => Buffer.from(text).toString('latin1');

describe('a body that a parser has read', () => {
  const keepRawBody = (req: IncomingMessage, _res: unknown, bytes: Buffer): void => {
    Object.assign(req, { rawBody: bytes });
  };
  const keepRawText = (req: IncomingMessage, _res: unknown, bytes: Buffer): void => {
    Object.assign(req, { rawBody: bytes.toString() });
  };
  const json = 'application/json';
  const utf16 = Buffer.from('{ "a":"é" }', 'utf16le');

  test.each<[string, RequestHandler, string, string | Buffer | readonly Buffer[], string, string]>([
    ['JSON', express.json(), json, '{ "a":\n[1, "é"] }', latin('{"a":[1,"é"]}'), json],
    ['JSON in chunks', express.json(), json, [Buffer.from('{"a"'), Buffer.from(':1}')], '{"a":1}', json],
    ['JSON that is empty', express.json(), json, '{}', '{}', json],
    ['JSON that is a list', express.json(), json, '[]', '[]', json],
    ['JSON that is null', express.json({ strict: false }), json, 'null', 'null', json],
    ['JSON that is false', express.json({ strict: false }), json, 'false', 'false', json],
    ['JSON that is 0', express.json({ strict: false }), json, '0', '0', json],
    [
      'JSON of another name',
      express.json({ type: '*/*' }),
      'application/problem+json; v=1',
      '{ }',
      '{}',
      'application/problem+json; v=1',
    ],
    [
      'JSON in UTF-16',
      express.json(),
      'application/json; charset=utf-16le',
      utf16,
      latin('{"a":"é"}'),
      'application/json; charset=utf-8',
    ],
    ['text', express.text(), 'text/plain', 'é', latin('é'), 'text/plain'],
    ['text in UTF-8', express.text(), 'Text/Plain; Charset=UTF-8', 'é', latin('é'), 'Text/Plain; Charset=utf-8'],
    [
      'text in Latin-1',
      express.text(),
      'text/plain; charset="ISO-8859-1"; format=flowed',
      Buffer.from('é', 'latin1'),
      latin('é'),
      'text/plain; charset=utf-8; format=flowed',
    ],
    [
      'bytes',
      express.raw(),
      'application/octet-stream',
      Buffer.from([0, 255, 13]),
      '\x00\xff\r',
      'application/octet-stream',
    ],
    [
      'bytes that are text in Latin-1',
      express.raw({ type: '*/*' }),
      'text/plain; charset=iso-8859-1',
      Buffer.from('é', 'latin1'),
      '\xe9',
      'text/plain; charset=iso-8859-1',
    ],
    ['JSON with `req.rawBody`', express.json({ verify: keepRawBody }), json, '{ "a": 1e0 }', '{ "a": 1e0 }', json],
    [
      'JSON with `req.rawBody` as text',
      express.json({ verify: keepRawText }),
      json,
      '{ "a": "é" }',
      latin('{ "a": "é" }'),
      json,
    ],
    [
      'JSON in UTF-16 with `req.rawBody`',
      express.json({ verify: keepRawBody }),
      'application/json; charset=utf-16le',
      utf16,
      utf16.toString('latin1'),
      'application/json; charset=utf-16le',
    ],
  ])('is sent again: %s', async (_, parser, type, body, expected, expectedType) => {
    const got = await post([parser], { type, body });
    expect([got.status, got.body, got.one('content-type')]).toEqual([200, expected, expectedType]);
    expect([got.one('content-length'), got.one('transfer-encoding')]).toEqual([String(expected.length), undefined]);
  });

  test.each<[string, RequestHandler, string]>([
    ['JSON', express.json(), '{"a":1}'],
    ['`req.rawBody`', express.json({ verify: keepRawBody }), '{ "a": 1 }'],
    ['bytes', express.raw({ type: '*/*' }), '{ "a": 1 }'],
    ['text with `req.rawBody`', express.text({ type: '*/*', verify: keepRawBody }), '{ "a": 1 }'],
  ])('and inflated is sent again without its encoding: %s', async (_, parser, expected) => {
    const headers = { 'Content-Encoding': 'gzip' };
    const got = await post([parser], { type: json, body: gzipSync('{ "a": 1 }'), headers });
    expect([got.status, got.body, got.one('content-encoding')]).toEqual([200, expected, undefined]);
  });

  test.each<[string, RequestHandler, string, string | readonly Buffer[]]>([
    ['JSON', express.json(), json, ''],
    ['a form', express.urlencoded(), 'application/x-www-form-urlencoded', ''],
    ['a form in chunks', express.urlencoded(), 'application/x-www-form-urlencoded', []],
    ['text', express.text(), 'text/plain', ''],
    ['text in chunks', express.text(), 'text/plain', []],
    ['bytes in chunks', express.raw(), 'application/octet-stream', []],
  ])('and was empty stays empty: %s', async (_, parser, type, body) => {
    const got = await post([parser], {
      type,
      body,
      headers: Array.isArray(body) ? { 'Transfer-Encoding': 'chunked' } : {},
    });
    expect([got.status, got.body, got.one('content-length')]).toEqual([200, '', '0']);
  });

  test.each([
    ['a=1&b=x+y%26%3D&c=%C3%A9', 'a=1&b=x+y%26%3D&c=%C3%A9'],
    ['a=1&b=2&a=3', 'a=1&a=3&b=2'],
    ['a[b]=1&c[]=2', 'a%5Bb%5D=1&c%5B%5D=2'],
    ['a=&b', 'a=&b='],
  ])('is sent again: the simple form %s', async (body, expected) => {
    const got = await post([express.urlencoded({ extended: false })], {
      type: 'application/x-www-form-urlencoded',
      body,
    });
    expect([got.status, got.body]).toEqual([200, expected]);
  });

  test.each([
    'a=1&b=x+y%26%3D',
    'a[b][c]=1&a[d]=2',
    'list[]=1&list[]=2',
    'list[]=1',
    'list=1&list=2',
    'a[list][]=1&a[list][]=2',
    'a[list][]=1',
    'a[0][b]=1&a[0][c]=2&a[1][b]=3',
    'a[0]=x&a[1][b]=y',
    'a[0][]=1&a[0][]=2&a[1][]=3',
    'a[b]=&c',
    'k%5Be%5Dy=v&a.b=%C3%A9',
  ])('means the same to the endpoint: the nested form %s', async (body) => {
    const form = express.urlencoded({ extended: true });
    const tell: RequestListener = express().use(form, (req, res) => void res.json(req.body));
    const endpoint = await resources.start(tell);
    const { url } = await resources.serve({ endpoints: [endpoint.url] }, behind(form));
    const settings = { method: 'POST', headers: { 'Content-Type': 'application/x-www-form-urlencoded' }, body };
    expect((await request(url, settings)).text).toBe((await request(endpoint.url, settings)).text);
  });

  test('reaches every endpoint', async () => {
    const endpoints = [resources.use(await startRaw(ok)), resources.use(await startRaw(ok))];
    const options = { endpoints: endpoints.map(({ url }) => url), terminalStatuses: '404' };
    const { url } = await resources.serve(options, behind(express.json()));
    await request(url, { method: 'POST', headers: { 'Content-Type': json }, body: '{ }' });
    expect(endpoints.map(({ requests: [got] }) => got?.body)).toEqual(['{}', '{}']);
  });

  test('is answered with 413 when it is over the limit', async () => {
    const got = await post([express.json()], { type: json, body: '{"a":"1234"}', options: { bodyLimitBytes: 11 } });
    expect([got.status, got.error?.code, got.body]).toEqual([413, 'ERR_BRP_BODY_TOO_LARGE', undefined]);
  });
});

test.each<[string, RequestHandler, http.OutgoingHttpHeaders, readonly Buffer[]]>([
  ['of another type', express.json(), { 'Content-Type': 'text/plain' }, [Buffer.from('{ '), Buffer.from('}')]],
  ['without a type', express.json(), {}, [Buffer.from('\xff')]],
  ['of another type, compressed', express.json(), { 'Content-Encoding': 'gzip' }, [gzipSync('{ }')]],
])('a body that the parser left alone arrives as it is: %s', async (_, parser, headers, body) => {
  const endpoint = resources.use(await startRaw(ok));
  const { url } = await resources.serve({ endpoints: [endpoint.url] }, behind(parser));
  await request(url, { method: 'POST', headers, body });
  const [got] = endpoint.requests;
  expect(got?.body).toBe(Buffer.concat(body).toString('latin1'));
  for (const [name, value] of Object.entries(headers)) expect(valuesIn(got?.headers ?? [], name)).toEqual([value]);
});

test('a request without a body passes every parser', async () => {
  const endpoint = resources.use(await startRaw(ok));
  const parsers = behind(express.json(), express.urlencoded(), express.text(), express.raw());
  const { url } = await resources.serve({ endpoints: [endpoint.url] }, parsers);
  for (const method of ['GET', 'DELETE']) expect((await request(url, { method })).status).toBe(200);
});

test.each<[string, RequestHandler]>([
  ['paused', (req, _res, next) => void next(void req.pause())],
  ['is listening to', (req, _res, next) => void next(void req.on('data', () => {}))],
  ['resumed', (req, _res, next) => void next(void req.resume())],
])('a body that other middleware %s, but did not read, arrives whole', async (_, handler) => {
  const got = await post([handler], { type: 'text/plain', body: 'body' });
  expect([got.status, got.body]).toEqual([200, 'body']);
});

describe('a body of which nothing is left', () => {
  const readAway = async (req: IncomingMessage): Promise<void> => {
    for await (const _ of req);
  };
  const then = (read: (req: IncomingMessage & { body?: unknown }) => unknown): RequestHandler => {
    return async (req, _res, next) => {
      await read(req);
      next();
    };
  };
  const multipart = 'multipart/form-data; boundary=b';
  const circular: Record<string, unknown> = {};
  circular.self = circular;

  test.each<[string, RequestHandler, string]>([
    ['was read by hand', then(readAway), 'application/json'],
    ['was read by events', then((req) => once(req.resume(), 'end')), 'application/json'],
    ['was read in part', then((req) => once(req, 'data').then(() => req.pause())), 'text/plain'],
    ['was decoded', then((req) => req.setEncoding('utf8')), 'text/plain'],
    [
      'was a multipart form',
      then(async (req) => {
        await readAway(req);
        req.body = { field: 'value' };
      }),
      multipart,
    ],
    [
      'was of a type that we cannot write',
      then(async (req) => {
        await readAway(req);
        req.body = { parsed: 'from yaml' };
      }),
      'application/yaml',
    ],
    [
      'was made into something that is no JSON',
      then(async (req) => {
        await readAway(req);
        req.body = circular;
      }),
      'application/json',
    ],
    [
      'was made into a function',
      then(async (req) => {
        await readAway(req);
        req.body = () => {};
      }),
      'application/json',
    ],
    [
      'was made into a form without an end',
      then(async (req) => {
        await readAway(req);
        req.body = circular;
      }),
      'application/x-www-form-urlencoded',
    ],
  ])('is an error at once that says what to do: it %s', async (_, handler, type) => {
    const got = await post([handler], { type, body: 'body' });
    expect([got.status, got.error?.code, got.body]).toEqual([500, 'ERR_BRP_BODY_CONSUMED', undefined]);
    expect(got.error?.message).toContain('mount the proxy before body parsers');
    expect(got.error?.message).toContain('`req.rawBody`');
  });
});
