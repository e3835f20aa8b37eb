import { createHash } from 'node:crypto';
import http, { type RequestListener, type ServerResponse } from 'node:http';
import zlib from 'node:zlib';
import compression from 'compression';
import express, { type ErrorRequestHandler } from 'express';
import type { BalancingProxyError, BalancingProxyOptions } from '../../src/index.ts';
import { type Intercept, interceptResponse } from '../../src/interception/intercept-response.ts';
import { endOf } from '../e2e/mirror.ts';
import { frames, textOf } from '../helpers/frames.ts';
import { later } from '../helpers/late.ts';
import { leakCheckedResources } from '../helpers/leaks.ts';
import { type Received, request } from '../helpers/proxy.ts';
import { answering } from '../helpers/servers.ts';
import { until } from '../helpers/until.ts';

const resources = leakCheckedResources();

interface Serving {
  readonly limitBytes?: number;
  readonly options?: Partial<BalancingProxyOptions>;
}

/** Serves a proxy in front of one endpoint, with a function between them and the client. */
async function serve(endpoint: RequestListener, intercept: Intercept, { options, ...limits }: Serving = {}) {
  const { url } = await resources.start(endpoint);
  return resources.serve({ endpoints: [url], ...options }, (proxy) => interceptResponse(proxy, intercept, limits));
}

const upper: Intercept = (body) => ({ body: body.toString().toUpperCase() });
const never: Intercept = () => {
  throw new Error('intercepted');
};

/** An endpoint that sends a head, and a body in pieces. */
const sending =
  (headers: http.OutgoingHttpHeaders, ...chunks: ReadonlyArray<string | Buffer>): RequestListener =>
  (_, res) => {
    res.writeHead(200, headers);
    for (const chunk of chunks) res.write(chunk);
    res.end();
  };

function seen({ status, text, headers }: Received) {
  return { status, text, length: headers['content-length'] };
}

describe('a response', () => {
  test('gets another body, with its length', async () => {
    const { url } = await serve(answering(200, 'gr\u00fc\u00dfe'), (body) => ({ body: `${body}!` }));
    expect(seen(await request(url))).toEqual({ status: 200, text: 'gr\u00fc\u00dfe!', length: '8' });
  });

  test.each([
    ['gzip', zlib.gzipSync],
    ['x-gzip', zlib.gzipSync],
    ['deflate', zlib.deflateSync],
    ['deflate', zlib.deflateRawSync],
    ['br', zlib.brotliCompressSync],
    ['zstd', zlib.zstdCompressSync],
    ['gzip, br', (body: string) => zlib.brotliCompressSync(zlib.gzipSync(body))],
    ['identity', Buffer.from],
  ])('coded as %s is shown and sent without the coding', async (coding, encode) => {
    const { url } = await serve(sending({ 'Content-Encoding': coding }, encode('hello')), upper);
    const received = await request(url);
    expect(seen(received)).toEqual({ status: 200, text: 'HELLO', length: '5' });
    expect(received.headers).not.toHaveProperty('content-encoding');
  });

  test('gets another status, in either direction', async () => {
    const { url } = await serve(answering(200, '{"error":1}'), (body, { status }) => ({
      status: status === 200 && body.includes('error') ? 503 : status,
    }));
    const received = await request(url);
    expect([received.statusText, seen(received)]).toEqual([
      'Service Unavailable',
      { status: 503, text: '{"error":1}', length: '11' },
    ]);
    const ok = await serve(answering(404, 'none'), () => ({ status: 200, body: '[]' }));
    expect(seen(await request(ok.url))).toEqual({ status: 200, text: '[]', length: '2' });
  });

  test('gets other headers, and keeps its coded body', async () => {
    const coded = zlib.gzipSync('hello');
    const { url } = await serve(sending({ 'Content-Encoding': 'gzip', 'X-Old': '1', ETag: '"a"' }, coded), () => ({
      headers: { 'X-New': ['1', '2'], 'X-Old': undefined },
    }));
    const { headers, body } = await request(url);
    expect(headers).toMatchObject({ 'x-new': '1, 2', 'content-encoding': 'gzip', etag: '"a"' });
    expect([headers['x-old'], body.equals(coded)]).toEqual([undefined, true]);
  });

  test('with another body is known by no tag, digest or range of the old one', async () => {
    const headers = { ETag: '"a"', 'Accept-Ranges': 'bytes', 'Content-Digest': 'x', 'Last-Modified': 'now' };
    const { url } = await serve(sending(headers, 'hello'), upper);
    const received = await request(url);
    expect(received.headers).toMatchObject({ etag: 'W/"a"', 'last-modified': 'now' });
    expect(received.headers).not.toHaveProperty('accept-ranges');
    expect(received.headers).not.toHaveProperty('content-digest');
  });

  test('gets another header although it has trailers, which are left out', async () => {
    const { url } = await serve(
      (_, res) => {
        res.writeHead(200, { Trailer: 'X-Sum' }).write('hello');
        res.addTrailers({ 'X-Sum': '1' });
        res.end();
      },
      () => ({ headers: { 'X-Mine': '1' } }),
    );
    const received = await request(url);
    expect(seen(received)).toEqual({ status: 200, text: 'hello', length: '5' });
    expect(received.headers).not.toHaveProperty('trailer');
  });

  test('is shown with its status, headers and request', async () => {
    const shown: unknown[] = [];
    const { url } = await serve(sending({ 'X-A': '1', 'Set-Cookie': ['a', 'b'] }, 'hello'), (body, response) => {
      shown.push(body.toString(), response.status, response.headers['x-a'], response.headers['set-cookie']);
      shown.push(response.req.url);
      return undefined;
    });
    expect((await request(`${url}/path`)).text).toBe('hello');
    expect(shown).toEqual(['hello', 200, '1', ['a', 'b'], '/path']);
  });

  test('may have its function wait', async () => {
    const { url } = await serve(answering(200, 'hello'), async (body) => {
      await new Promise((resolve) => setImmediate(resolve));
      return { body };
    });
    expect((await request(url)).text).toBe('hello');
  });

  test.each<[string, object]>([
    ['an object', { 'Content-Type': 'text/plain', 'X-Mine': '1' }],
    ['a list', ['Content-Type', 'text/plain', 'X-Mine', '1']],
    ['pairs', Object.entries({ 'Content-Type': 'text/plain', 'X-Mine': '1' })],
  ])('may be of a function that answers with a head whose headers are %s', async (_, headers) => {
    const types: unknown[] = [];
    const intercept: Intercept = (body, response) => {
      types.push(response.headers['content-type']);
      return { body: `${body}!` };
    };
    const { url: endpoint } = await resources.start(answering(200, 'unused'));
    const served = await resources.serve({ endpoints: [endpoint] }, () =>
      interceptResponse((_req, res) => res.writeHead(203, 'Cached', headers as string[]).end('hello'), intercept),
    );
    const received = await request(served.url);
    expect(seen(received)).toEqual({ status: 203, text: 'hello!', length: '6' });
    expect([received.statusText, received.headers['x-mine'], ...types]).toEqual(['Cached', '1', 'text/plain']);
  });

  test('is whole when it was ended: what the app writes meanwhile is in no body', async () => {
    const { url: endpoint } = await resources.start(answering(200, 'hello'));
    const bodies: string[] = [];
    const served = await resources.serve({ endpoints: [endpoint] }, (proxy) => (req, res) => {
      const intercepted = interceptResponse(proxy, async (body) => {
        bodies.push(body.toString());
        res.write('late');
        res.end('later');
        return { body: `${body}!` };
      });
      intercepted(req, res);
    });
    expect(seen(await request(served.url))).toEqual({ status: 200, text: 'hello!', length: '6' });
    expect(bodies).toEqual(['hello']);
  });

  test('with which the function does nothing goes out as it came, trailers and reason included', async () => {
    const coded = zlib.gzipSync('hello');
    const { url } = await serve(
      (_, res) => {
        res.writeHead(203, 'Fine', { 'Content-Encoding': 'gzip', Trailer: 'X-Sum' });
        res.write(coded);
        res.addTrailers({ 'X-Sum': '7' });
        res.end();
      },
      () => ({}),
    );
    const { status, statusText, trailers, body } = await request(url);
    expect([status, statusText, trailers, body.equals(coded)]).toEqual([203, 'Fine', { 'x-sum': '7' }, true]);
  });
});

describe('a response without a body', () => {
  test('to HEAD is left alone, with the length of another one', async () => {
    const { url } = await serve(answering(200, 'hello'), never);
    expect(seen(await request(url, { method: 'HEAD' }))).toEqual({ status: 200, text: '', length: '5' });
  });

  test.each([204, 304])('of the status %d is left alone', async (status) => {
    const { url } = await serve((_, res) => res.writeHead(status, { ETag: '"a"' }).end(), never);
    const received = await request(url);
    expect([received.status, received.headers.etag]).toEqual([status, '"a"']);
  });

  test('whose body might not have been empty is shown', async () => {
    const { url } = await serve(answering(200, ''), (body) => ({ body: `${body.length}` }));
    expect(seen(await request(url))).toEqual({ status: 200, text: '0', length: '1' });
  });

  test('is what the client gets with the status 204', async () => {
    const { url } = await serve(answering(200, 'hello'), () => ({ status: 204 }));
    expect(seen(await request(url))).toEqual({ status: 204, text: '', length: undefined });
  });
});

describe('left alone is', () => {
  const large = Buffer.alloc(300_000, 'abc');

  test.each<[string, RequestListener, Serving]>([
    ['a body that announces more than the limit', sending({ 'Content-Length': 5 }, 'hello'), { limitBytes: 4 }],
    ['a body that turns out to have more', sending({}, 'he', 'll', 'o'), { limitBytes: 4 }],
    [
      'a body that has more without its coding',
      sending({ 'Content-Encoding': 'gzip' }, zlib.gzipSync(large)),
      {
        limitBytes: 10_000,
      },
    ],
    ['a body that is not what its coding says', sending({ 'Content-Encoding': 'gzip' }, 'hello'), {}],
    ['a body of an unknown coding', sending({ 'Content-Encoding': 'compress' }, 'hello'), {}],
    ['a large body', sending({ 'Content-Length': large.length }, large), { limitBytes: 1_000 }],
    ['a large body without a length', sending({}, large, large), { limitBytes: 100_000 }],
    ['a part', (_, res) => res.writeHead(206, { 'Content-Range': 'bytes 0-4/9' }).end('hello'), {}],
    ['a stream of events', sending({ 'Content-Type': 'text/event-stream' }, 'data: a\n\n'), {}],
  ])('%s', async (_, endpoint, serving) => {
    const { url } = await serve(endpoint, never, serving);
    const direct = await request((await resources.start(endpoint)).url);
    const received = await request(url);
    const digest = (body: Buffer) => createHash('sha256').update(body).digest('hex');
    expect([received.status, digest(received.body)]).toEqual([direct.status, digest(direct.body)]);
    expect(received.headers['content-encoding']).toBe(direct.headers['content-encoding']);
  });

  test('a stream of events, of which each goes out as it comes', async () => {
    const held = await resources.startHeld((res) => {
      res.writeHead(200, { 'Content-Type': 'text/event-stream' }).write('data: a\n\n');
    });
    const served = await resources.serve({ endpoints: [held.url] }, (proxy) => interceptResponse(proxy, never));
    const events = http.get(served.url, { agent: false });
    const [res] = (await new Promise((resolve) => events.once('response', (...args) => resolve(args)))) as [
      http.IncomingMessage,
    ];
    expect(String(await new Promise((resolve) => res.once('data', resolve)))).toBe('data: a\n\n');
    (await held.first).end();
    await new Promise((resolve) => res.once('close', resolve).resume());
  });
});

describe('an error', () => {
  const answerError: ErrorRequestHandler = (error: BalancingProxyError, _req, res, _next) => {
    res.status(error.status).send(`${error.code} ${error.message}`);
  };

  /** Serves behind Express, where errors get a page of the app's. */
  async function serveApp(endpoint: RequestListener, intercept: Intercept) {
    const { url } = await resources.start(endpoint);
    const served = await resources.serve({ endpoints: [url] }, (proxy) =>
      express()
        .use((_, res, next) => {
          res.setHeader('X-Before', '1');
          next();
        })
        .use(interceptResponse(proxy, intercept), answerError),
    );
    return served;
  }

  test.each<[string, Intercept, string]>([
    [
      'throws',
      () => {
        throw new Error('no');
      },
      'option `interceptResponse` threw',
    ],
    ['rejects', async () => Promise.reject(new Error('no')), 'option `interceptResponse` threw'],
    [
      'gives no object',
      () => 'text' as never,
      'option `interceptResponse` returned something else than `{ status, headers, body }`',
    ],
    [
      'gives no status',
      () => ({ status: 99 }),
      'option `interceptResponse` returned the status 99: expected one from 200 to 599',
    ],
    [
      'gives a body that is none',
      () => ({ body: {} as string }),
      'option `interceptResponse` returned a body of type object: expected a string or a Buffer',
    ],
    [
      'frames the body',
      () => ({ headers: { 'Content-Length': '7' } }),
      'option `interceptResponse` may not change `Content-Length`, which belongs to the connection',
    ],
  ])('is what the request ends with when the function %s', async (_, intercept, message) => {
    const served = await serveApp(
      sending({ ETag: '"a"', 'Content-Encoding': 'gzip' }, zlib.gzipSync('hello')),
      intercept,
    );
    const { status, text, headers } = await request(served.url);
    expect([status, text]).toEqual([500, `ERR_BRP_HOOK ${message}`]);
    expect(headers).toMatchObject({ 'x-before': '1' });
    expect(headers).not.toHaveProperty('content-encoding');
    expect(headers.etag).not.toBe('"a"');
  });

  test('of the proxy goes to the app as ever, and to no function', async () => {
    const served = await serveApp(answering(500, 'bad'), never);
    expect((await request(served.url)).text).not.toBe('');
    const broken = await serveApp((_, res) => res.destroy(), never);
    expect(await request(broken.url)).toMatchObject({
      status: 502,
      text: expect.stringContaining('ERR_BRP_EXHAUSTED'),
    });
  });

  test('of the proxy is answered where there is no app', async () => {
    const { url } = await serve((_, res) => res.destroy(), never);
    expect(seen(await request(url))).toMatchObject({ status: 502, text: '502 ERR_BRP_EXHAUSTED\n' });
    const { url: hooked } = await serve(answering(200, 'hello'), never);
    expect(seen(await request(hooked))).toMatchObject({ status: 500, text: '500 ERR_BRP_HOOK\n' });
  });

  test('gets a page with its own reason phrase and a date', async () => {
    const served = await serveApp((_, res) => res.writeHead(200, 'Fancy', { Date: 'x' }).end('hello'), never);
    const { statusText, headers } = await request(served.url);
    expect(statusText).toBe('Internal Server Error');
    expect(headers.date).toMatch(/GMT$/);
  });

  test('is answered where the app throws at it', async () => {
    const { url: endpoint } = await resources.start(answering(200, 'hello'));
    const refuse = () => {
      throw new Error('refused');
    };
    const served = await resources.serve({ endpoints: [endpoint] }, (proxy) => {
      const intercepted = interceptResponse(proxy, never);
      return (req, res) => intercepted(req, res, refuse);
    });
    expect(seen(await request(served.url))).toMatchObject({ status: 500, text: '500 ERR_BRP_HOOK\n' });
  });

  test('of other middleware behind the head breaks the response off', async () => {
    const { url: endpoint } = await resources.start(answering(200, 'hello'));
    const served = await resources.serve({ endpoints: [endpoint] }, (proxy) => (req, res) => {
      res.end = () => {
        throw new Error('no end');
      };
      interceptResponse(proxy, upper)(req, res);
    });
    await expect(request(served.url)).rejects.toThrow();
  });

  test('of other middleware before the head is answered as that of no endpoint', async () => {
    const { url: endpoint } = await resources.start(answering(200, 'hello'));
    const served = await resources.serve({ endpoints: [endpoint] }, (proxy) => (req, res) => {
      const { setHeader } = res;
      res.setHeader = (name, value) => {
        if (name === 'X-Mine') throw new Error('no header');
        return setHeader.call(res, name, value);
      };
      interceptResponse(proxy, () => ({ headers: { 'X-Mine': '1' } }))(req, res);
    });
    expect(seen(await request(served.url))).toMatchObject({ status: 502, text: '502 ERR_BRP_ATTEMPT\n' });
  });

  test('in the middle of a body that is held is an error page, not a broken message', async () => {
    const { url } = await serve((_, res) => {
      res.writeHead(200, { 'Content-Length': 70_000 }).write('half');
      later(20, () => res.destroy());
    }, never);
    expect((await request(url)).status).toBe(502);
  });
});

describe('a client', () => {
  test('that leaves meanwhile gets nothing, and nothing is thrown', async () => {
    const { promise: called, resolve: onCall } = Promise.withResolvers<void>();
    const { promise: answered, resolve: answer } = Promise.withResolvers<void>();
    const responses: ServerResponse[] = [];
    const { url: endpoint } = await resources.start(answering(200, 'hello'));
    const served = await resources.serve({ endpoints: [endpoint] }, (proxy) => (req, res) => {
      responses.push(res);
      interceptResponse(proxy, async () => {
        onCall();
        await answered;
        return { body: 'late' };
      })(req, res);
    });
    const client = http.get(served.url, { agent: false }).on('error', () => {});
    await called;
    client.destroy();
    await until(() => responses[0]?.destroyed === true);
    answer();
    await endOf(served);
  });

  test.each(frames)('of $name gets what the function has made', async (frame) => {
    const { url: endpoint } = await resources.start(answering(200, 'hello'));
    const served = await resources.serve({ endpoints: [endpoint] });
    const through = resources.use(await frame.start({ mounts: { '/': interceptResponse(served.proxy, upper) } }));
    const answer = await frame.send(through.url).answer;
    expect([answer.status, answer.headers['content-length'], await textOf(answer)]).toEqual([200, '5', 'HELLO']);
  });

  test('gets it compressed by the middleware before', async () => {
    const { url: endpoint } = await resources.start(
      sending({ 'Content-Type': 'text/plain', 'Content-Encoding': 'gzip' }, zlib.gzipSync('hello'.repeat(1_000))),
    );
    const served = await resources.serve({ endpoints: [endpoint] }, (proxy) =>
      express().use(compression(), interceptResponse(proxy, upper)),
    );
    const { headers, body } = await request(served.url, { headers: { 'Accept-Encoding': 'gzip' } });
    expect(headers['content-encoding']).toBe('gzip');
    expect(zlib.gunzipSync(body).toString()).toBe('HELLO'.repeat(1_000));
  });

  test('is told of by the event of its request', async () => {
    const served = await serve(answering(200, 'hello'), upper);
    await request(served.url);
    expect(await endOf(served)).toMatchObject({ outcome: 'served', status: 200, bytes: 5 });
  });
});

test.each([
  [{ limitBytes: -1 }, 'option `limitBytes`: expected bytes, a whole number from 0, got -1'],
  [{ limit: 1 }, 'option `limit` is unknown; known are limitBytes'],
])('the options %j are refused', (options, message) => {
  expect(() => interceptResponse(() => {}, never, options as object)).toThrow(message);
});
