import express from 'express';
import supertest from 'supertest';
import { BalancingProxyError, createBalancingProxy } from '../../src/index.ts';
import { late } from '../helpers/late.ts';
import { leakCheckedResources } from '../helpers/leaks.ts';
import { request } from '../helpers/proxy.ts';
import { answering, hanging, refusedUrl } from '../helpers/servers.ts';

const resources = leakCheckedResources();

/** Every way in which no endpoint's response can be given. */
const failures = [
  {
    name: 'all endpoints refuse',
    status: 502,
    code: 'ERR_BRP_EXHAUSTED',
    make: async () => ({ endpoints: [await refusedUrl(), await refusedUrl()] }),
  },
  {
    name: 'all endpoints time out',
    status: 504,
    code: 'ERR_BRP_ALL_TIMED_OUT',
    make: async () => ({
      endpoints: [await resources.startAt(hanging), await resources.startAt(hanging)],
      timeouts: { responseMs: 20 },
    }),
  },
  {
    name: 'one endpoint times out and one refuses',
    status: 502,
    code: 'ERR_BRP_EXHAUSTED',
    make: async () => ({
      endpoints: [await resources.startAt(hanging), await refusedUrl()],
      timeouts: { responseMs: 20 },
    }),
  },
  {
    name: 'the total time is up',
    status: 504,
    code: 'ERR_BRP_TOTAL_TIMEOUT',
    make: async () => ({ endpoints: [await resources.startAt(hanging)], timeouts: { totalMs: 20 } }),
  },
  {
    name: 'a small body stops in the middle for too long',
    status: 504,
    code: 'ERR_BRP_ALL_TIMED_OUT',
    make: async () => ({
      endpoints: [await resources.startAt((_, res) => void res.writeHead(200, { 'Content-Length': 9 }).write('half'))],
      timeouts: { idleMs: 20 },
    }),
  },
  {
    name: 'the body is over the limit',
    status: 413,
    code: 'ERR_BRP_BODY_TOO_LARGE',
    make: async () => ({ endpoints: [await resources.startAt(answering(200, 'ok'))], bodyLimitBytes: 3 }),
  },
] as const;

describe('without an error handler', () => {
  test.each(failures)('answers $status when $name, naming no endpoint', async ({ status, code, make }) => {
    const { url } = await resources.serve(await make());
    const received = await request(url, { method: 'POST', body: 'body' });
    expect([received.status, received.text]).toEqual([status, `${status} ${code}\n`]);
  });

  test('answers plainly under Express, too, when `next` throws', async () => {
    const { url } = await resources.serve(
      { endpoints: [await refusedUrl()] },
      (proxy) => (req, res) =>
        proxy(req, res, () => {
          throw new Error('no');
        }),
    );
    expect((await request(url)).text).toBe('502 ERR_BRP_EXHAUSTED\n');
  });
});

describe('an Express error handler', () => {
  test.each(failures)('gets status $status and code $code when $name', async ({ status, code, make }) => {
    const proxy = resources.use(createBalancingProxy(await make()));
    const app = express();
    app.use('/api', proxy);
    app.use(((error, _req, res, _next) => {
      expect(error).toBeInstanceOf(BalancingProxyError);
      res.status(error.status).json({ code: error.code, attempts: error.attempts.length });
    }) as express.ErrorRequestHandler);
    const response = await supertest(app).post('/api/x').send('body');
    expect(response.status).toBe(status);
    expect(response.body.code).toBe(code);
  });

  test('finds every attempt with its endpoint and reason in the error', async () => {
    const refused = await refusedUrl();
    const slow = await resources.startAt(hanging);
    const proxy = resources.use(createBalancingProxy({ endpoints: [refused, slow], timeouts: { responseMs: 300 } }));
    const app = express();
    app.use(proxy);
    app.use(((error: BalancingProxyError, _req, res, _next) => {
      res.json(error.attempts.map((attempt) => [attempt.endpoint, attempt.outcome, attempt.error?.code]));
    }) as express.ErrorRequestHandler);
    expect((await supertest(app).get('/')).body).toEqual([
      [refused, 'failed', 'ERR_BRP_CONNECT'],
      [slow, 'timed-out', 'ERR_BRP_RESPONSE_TIMEOUT'],
    ]);
  });
});

describe('when every response is discarded', () => {
  test('gives the first of them, whole', async () => {
    const later = late(30, answering(503, 'later'));
    const body = 'first'.repeat(10_000);
    const endpoints = [
      await resources.startAt(later),
      await resources.startAt(answering(500, body, { 'X-Which': 'first' })),
    ];
    const { url } = await resources.serve({ endpoints });
    const { status, headers, text } = await request(url);
    expect([status, headers['x-which'], text === body]).toEqual([500, 'first', true]);
  });

  test('prefers a discarded response to an error of another endpoint', async () => {
    const { url } = await resources.serve({
      endpoints: [await refusedUrl(), await resources.startAt(answering(500, 'sorry'))],
    });
    expect((await request(url)).text).toBe('sorry');
  });
});
