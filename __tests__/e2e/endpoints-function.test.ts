import { text } from 'node:stream/consumers';
import express from 'express';
import supertest from 'supertest';
import { type BalancingProxyError, createBalancingProxy, type EndpointsFunction } from '../../src/index.ts';
import { leakCheckedResources } from '../helpers/leaks.ts';
import { request } from '../helpers/proxy.ts';
import { answering, hanging, type startHttp } from '../helpers/servers.ts';

const resources = leakCheckedResources();

/** An endpoint that says which headers it got. */
const echo = (...names: readonly string[]): Parameters<typeof startHttp>[0] => {
  return (req, res) => answering(200, names.map((name) => req.headers[name]).join())(req, res);
};

describe('a function that gives the endpoints', () => {
  test.each<[string, (a: string, b: string) => EndpointsFunction]>([
    ['at once', (a, b) => (req) => [req.url === '/b' ? b : a]],
    ['as a promise', (a, b) => async (req) => [req.url === '/b' ? b : a]],
    ['as URLs', (a, b) => (req) => [new URL(req.url === '/b' ? b : a)]],
  ])('chooses by the request and answers %s', async (_, choose) => {
    const endpoints = choose(
      await resources.startAt(answering(200, 'a')),
      await resources.startAt(answering(200, 'b')),
    );
    const { url } = await resources.serve({ endpoints });
    expect((await request(`${url}/a`)).text).toBe('a');
    expect((await request(`${url}/b`)).text).toBe('b');
  });

  test('sends a body that came while it was asked', async () => {
    const endpoint = await resources.startAt(async (req, res) => {
      answering(200, await text(req))(req, res);
    });
    const { url } = await resources.serve({ endpoints: async () => [endpoint] });
    expect((await request(url, { method: 'POST', body: 'some text' })).text).toBe('some text');
  });

  test('gives headers that hold for this request only', async () => {
    const endpoint = await resources.startAt(echo('x-tenant', 'authorization'));
    const { url, proxy } = await resources.serve({
      endpoints: ({ url: path = '' }) => [
        path === '/none' ? endpoint : { url: endpoint, headers: { 'X-Tenant': path, Authorization: `Bearer ${path}` } },
      ],
    });
    const answers = await Promise.all(['/a', '/b', '/none'].map((path) => request(url + path)));
    expect(answers.map(({ text }) => text)).toEqual(['/a,Bearer /a', '/b,Bearer /b', ',']);
    expect(proxy.endpoints).toHaveLength(1);
  });

  test('finds the state of an endpoint again by its URL, whatever the place in the list', async () => {
    const [a, b] = [await resources.startAt(answering(200, 'a')), await resources.startAt(answering(500, 'b'))];
    const { url, proxy } = await resources.serve({
      endpoints: ({ url: path }) => (path === '/ab' ? [a, b] : [b, new URL(a)]),
      terminalStatuses: '200,500',
      strategy: 'failover',
    });
    for (const path of ['/ab', '/ba', '/ab', '/ab']) await request(url + path);
    const wins = Object.fromEntries(proxy.endpoints.map((endpoint) => [endpoint.name, endpoint.wins]));
    expect(wins).toEqual({ [`${a}`]: 3, [`${b}`]: 1 });
  });

  test('that gives an empty list has the request answered with 503 and a Retry-After', async () => {
    const { url, events } = await resources.serve({ endpoints: () => [] });
    const { status, headers, text } = await request(url);
    expect([status, headers['retry-after'], text]).toEqual([503, '1', '503 ERR_BRP_NO_ENDPOINT\n']);
    const error = { message: 'no endpoint may be tried: none is given' };
    expect(events.at(-1)).toMatchObject({ type: 'request-ended', attempts: [], error });
  });

  const nonsense: ReadonlyArray<readonly [string, EndpointsFunction]> = [
    ['throws', () => JSON.parse('{')],
    ['throws no error', () => Promise.reject('just text')],
    ['rejects', async () => JSON.parse('{')],
    ['gives nothing', (() => undefined) as never],
    ['gives a URL instead of a list', (() => 'http://127.0.0.1:1') as never],
    ['gives a relative URL', () => ['/path']],
    ['gives an unknown option', () => [{ url: 'http://127.0.0.1:1', weight: 2 } as never]],
  ];

  test.each(nonsense)('that %s has the request answered with 500', async (_, endpoints) => {
    const { url } = await resources.serve({ endpoints });
    const { status, text } = await request(url);
    expect([status, text]).toEqual([500, '500 ERR_BRP_ENDPOINTS\n']);
  });

  test.each(nonsense)('that %s has `next` called with the error', async (_, endpoints) => {
    const proxy = resources.use(createBalancingProxy({ endpoints }));
    const app = express();
    app.use(proxy);
    app.use(((error: BalancingProxyError, _req, res, _next) => {
      res.status(error.status).json({ code: error.code, hasCause: error.cause !== undefined });
    }) as express.ErrorRequestHandler);
    const { status, body } = await supertest(app).get('/');
    expect([status, body]).toEqual([500, { code: 'ERR_BRP_ENDPOINTS', hasCause: true }]);
  });

  test('that gives nonsense once serves the next request', async () => {
    const endpoint = await resources.startAt(answering(200, 'ok'));
    const { url } = await resources.serve({ endpoints: (req) => (req.url === '/bad' ? ['nonsense'] : [endpoint]) });
    expect((await request(`${url}/bad`)).status).toBe(500);
    expect((await request(`${url}/good`)).status).toBe(200);
  });
});

describe('a function of the endpoints that never settles', () => {
  const never: EndpointsFunction = () => new Promise(() => {});

  test('is not waited for when the total time is up', async () => {
    const { url } = await resources.serve({ endpoints: never, timeouts: { totalMs: 50 } });
    const { status, text } = await request(url);
    expect([status, text]).toEqual([504, '504 ERR_BRP_TOTAL_TIMEOUT\n']);
  });

  test('leaves nothing behind when the client goes away', async () => {
    const asked = Promise.withResolvers<void>();
    const served = await resources.serve({
      endpoints: (req) => {
        asked.resolve();
        return never(req);
      },
    });
    const abort = new AbortController();
    const asking = request(served.url, { signal: abort.signal });
    void asked.promise.then(() => abort.abort());
    await expect(asking).rejects.toThrow('aborted');
    await served.proxy.close();
    expect(served.events.at(-1)).toMatchObject({ type: 'request-ended', error: { code: 'ERR_BRP_CLIENT_GONE' } });
  });

  test('gives the endpoints too late without harm', async () => {
    const late = Promise.withResolvers<readonly string[]>();
    const { url } = await resources.serve({ endpoints: () => late.promise, timeouts: { totalMs: 50 } });
    expect((await request(url)).status).toBe(504);
    late.resolve([await resources.startAt(hanging)]);
  });
});
