import type { RequestListener } from 'node:http';
import { brotliCompressSync, gunzipSync, gzipSync } from 'node:zlib';
import { createJsonProxy } from '../../examples/json-errors.ts';
import { later } from '../helpers/late.ts';
import { leakCheckedResources } from '../helpers/leaks.ts';
import { request } from '../helpers/proxy.ts';

const resources = leakCheckedResources();

const limited = '{"jsonrpc":"2.0","id":1,"error":{"code":-32005,"message":"limit exceeded"}}';
const good = '{"jsonrpc":"2.0","id":1,"result":"0x1"}';

/** Answers 200 with JSON, in one piece or, without a length, in two. */
const json =
  (body: string | Buffer, coding?: string): RequestListener =>
  (req, res) => {
    req.resume();
    res.setHeader('Content-Type', 'application/json');
    if (coding === undefined) return res.end(body);
    res.setHeader('Content-Encoding', coding).write(body.slice(0, 10));
    setImmediate(() => res.end(body.slice(10)));
  };

async function serve(...listeners: readonly RequestListener[]) {
  const endpoints = await Promise.all(listeners.map((listener) => resources.start(listener)));
  const { url } = await resources.serveCreated(createJsonProxy(endpoints.map((endpoint) => endpoint.url)));
  return { url, asked: () => endpoints.map((endpoint) => endpoint.asked()) };
}

describe('the recipe of JSON errors inside a 200', () => {
  test.each<[string, RequestListener]>([
    ['a limit exceeded', json(limited)],
    ['an internal error', json('{"error":{"code":-32603,"message":"internal error"}}')],
    ['a limit in gzip', json(gzipSync(limited), 'gzip')],
    ['a limit in brotli', json(brotliCompressSync(limited), 'br')],
    ['a limit within a batch', json(`[${good},${limited}]`)],
    [
      'a limit that comes later than its head',
      (req, res) => {
        req.resume();
        res.setHeader('Content-Type', 'application/json').flushHeaders();
        later(300, () => res.end(limited));
      },
    ],
    ['broken JSON', json('{"result":')],
    ['what is no gzip', json(limited, 'gzip')],
  ])('asks the next endpoint after %s', async (_, listener) => {
    const { url } = await serve(listener, json(good));
    expect(await request(url, { method: 'POST', body: '{}' })).toMatchObject({ status: 200, text: good });
  });

  test.each([
    ['a revert', '{"error":{"code":3,"message":"execution reverted","data":"0x08c379a0"}}'],
    ['parameters that are wrong', '{"error":{"code":-32602,"message":"invalid params"}}'],
    ['null', 'null'],
  ])('takes %s for an answer', async (_, answer) => {
    const { url, asked } = await serve(json(answer), json(good));
    expect((await request(url)).text).toBe(answer);
    expect(asked()).toEqual([1, 0]);
  });

  test('passes on compressed bytes as they came', async () => {
    const { url } = await serve(json(gzipSync(good), 'gzip'));
    const { headers, body } = await request(url);
    expect(headers['content-encoding']).toBe('gzip');
    expect(String(gunzipSync(body))).toBe(good);
  });

  test('takes a body over the limit for an answer', async () => {
    const large = `{"error":{"code":-32005},"result":"${'x'.repeat(100_000)}"}`;
    const { url, asked } = await serve(json(large), json(good));
    expect((await request(url)).text).toBe(large);
    expect(asked()).toEqual([1, 0]);
  });

  test('gives the first error when everybody has one', async () => {
    const { url, asked } = await serve(json(limited), json('{"error":{"code":-32603}}'));
    expect(await request(url)).toMatchObject({ status: 200, text: limited });
    expect(asked()).toEqual([1, 1]);
  });
});
