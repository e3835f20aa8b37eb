import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:http';
import { gzipSync } from 'node:zlib';
import express from 'express';
import { type BalancingProxyOptions, createBalancingProxy, type Next } from '../../src/index.ts';
import { frames, type Middleware, textOf } from '../helpers/frames.ts';
import { leakCheckedResources } from '../helpers/leaks.ts';
import { request } from '../helpers/proxy.ts';
import { head, startRaw, valuesIn } from '../helpers/raw.ts';
import { hanging, refusedUrl } from '../helpers/servers.ts';

const resources = leakCheckedResources();

type Rawish = IncomingMessage & { rawBody?: unknown };

/** A proxy whose error goes to a handler that tells what is in `req.rawBody`. */
async function telling(options: Partial<BalancingProxyOptions> = {}): Promise<Middleware> {
  const proxy = resources.use(createBalancingProxy({ endpoints: [await refusedUrl()], ...options }));
  return (req, res) =>
    proxy(req, res, () => {
      const { rawBody } = req as Rawish;
      res.end(rawBody instanceof Buffer ? `Buffer ${rawBody.toString('latin1')}` : typeof rawBody);
    });
}

describe.each(frames)('an error that goes to `next` in $name', ({ start, send }) => {
  test('leaves the body that was read in `req.rawBody`', async () => {
    const server = resources.use(await start({ mounts: { '/': await telling() } }));
    const call = send(`${server.url}/`, { method: 'POST', body: 'the body' });
    expect(await textOf(await call.answer)).toBe('Buffer the body');
    call.abort();
  });

  test('leaves nothing of a request without a body', async () => {
    const server = resources.use(await start({ mounts: { '/': await telling() } }));
    const call = send(`${server.url}/`);
    expect(await textOf(await call.answer)).toBe('undefined');
    call.abort();
  });
});

async function told(
  body: string | readonly Buffer[],
  { options = {}, before }: { options?: Partial<BalancingProxyOptions>; before?: (req: Rawish) => void } = {},
): Promise<string> {
  const tell = await telling(options);
  const server = await resources.listen(
    createServer((req: Rawish, res: ServerResponse) => {
      before?.(req);
      tell(req, res);
    }),
  );
  return (await request(server.url, { method: 'POST', body })).text;
}

describe('`req.rawBody` behind a proxy that has no answer', () => {
  test.each<[string, string | readonly Buffer[], string]>([
    ['a body of no bytes', '', 'Buffer '],
    ['a chunked body of no bytes', [], 'Buffer '],
    ['a chunked body', [Buffer.from('a'), Buffer.from('b')], 'Buffer ab'],
  ])('is a Buffer for %s', async (_, body, expected) => {
    expect(await told(body)).toBe(expected);
  });

  test('is not there for a body that was streamed', async () => {
    expect(await told('too large', { options: { bodyLimitBytes: 1, largeBody: 'stream' } })).toBe('undefined');
  });

  test('is not there for a body that was too large', async () => {
    expect(await told([Buffer.from('too'), Buffer.from('large')], { options: { bodyLimitBytes: 4 } })).toBe(
      'undefined',
    );
  });

  test('stays what it was', async () => {
    const before = (req: Rawish): void => {
      req.rawBody = Buffer.from('earlier');
    };
    expect(await told('body', { before })).toBe('Buffer earlier');
  });

  test('is there when the head of the response was refused', async () => {
    const endpoint = resources.use(await startRaw(`${head('HTTP/1.1 200 OK', 'Content-Length: 2')}ok`));
    const refusing = (_req: IncomingMessage, res: ServerResponse, next: Next): void => {
      res.setHeader = () => {
        throw new Error('no');
      };
      next();
    };
    const proxy = resources.use(createBalancingProxy({ endpoints: [endpoint.url] }));
    const app = express().use(refusing, proxy, ((_error, req, res, _next) => {
      res.socket?.end(`HTTP/1.1 500 No\r\nConnection: close\r\n\r\n${String((req as Rawish).rawBody)}`);
    }) as express.ErrorRequestHandler);
    const server = await resources.listen(createServer(app));
    expect((await request(server.url, { method: 'POST', body: 'mine' })).text).toBe('mine');
  });

  test('is sent as it came by another proxy, which is asked after an error', async () => {
    const sound = resources.use(await startRaw(`${head('HTTP/1.1 200 OK', 'Content-Length: 2')}ok`));
    const first = resources.use(createBalancingProxy({ endpoints: [await refusedUrl()] }));
    const second = resources.use(createBalancingProxy({ endpoints: [sound.url] }));
    const body = gzipSync('{}');
    const server = await resources.listen(createServer((req, res) => first(req, res, () => second(req, res))));
    const headers = { 'Content-Type': 'application/json', 'Content-Encoding': 'gzip' };
    expect((await request(server.url, { method: 'POST', body, headers })).text).toBe('ok');
    expect(Buffer.from(sound.requests[0]?.body ?? '', 'latin1')).toEqual(body);
    expect(valuesIn(sound.requests[0]?.headers ?? [], 'content-encoding')).toEqual(['gzip']);
  });

  test('is not there after `totalMs` within the body', async () => {
    const endpoint = await resources.start(hanging);
    const tell = await telling({ endpoints: [endpoint.url], timeouts: { totalMs: 50 } });
    const server = await resources.listen(createServer((req, res) => tell(req, res)));
    const text = new Promise<string>((resolve, reject) => {
      const headers = { 'Content-Length': 10 };
      request(server.url, { method: 'POST', headers, body: 'half' }).then(({ text: all }) => resolve(all), reject);
    });
    expect(await text).toBe('undefined');
  });
});
