import http, { type IncomingMessage } from 'node:http';
import { dirname } from 'node:path';
import express from 'express';
import { type BalancingProxyOptions, createBalancingProxy, type RequestEnded } from '../../src/index.ts';
import { temporaryFile } from '../cli/files.ts';
import { startDns } from '../helpers/dns-server.ts';
import { type Frame, frames, type Middleware, textOf } from '../helpers/frames.ts';
import { later } from '../helpers/late.ts';
import { leakCheckedResources } from '../helpers/leaks.ts';
import { readAll, request } from '../helpers/proxy.ts';
import { head, sendRaw } from '../helpers/raw.ts';
import { answering, hanging, refusedUrl } from '../helpers/servers.ts';
import { until } from '../helpers/until.ts';
import { connectRaw, serveUpgrades } from '../helpers/upgrades.ts';
import { contentOf, endOf, sha256 } from './mirror.ts';

const resources = leakCheckedResources();

type Rawish = IncomingMessage & { readonly rawBody?: unknown; readonly body?: unknown };

/** What `next` was called with, and what there was to see then. */
interface Passed {
  readonly given: readonly unknown[];
  readonly rawBody: unknown;
  /** What was in flight at the endpoints, and how many requests had been told to have ended. */
  readonly inFlight: readonly number[];
  readonly ended: number;
}

/** A proxy that passes on to a page, and what the page saw. */
async function passing(options: Partial<BalancingProxyOptions>, answer: http.RequestListener = answering(200, 'page')) {
  const passed: Passed[] = [];
  const endpoints = options.endpoints ?? [await refusedUrl()];
  const served = await resources.serve(
    { fallthrough: true, ...options, endpoints },
    (proxy) => (req: Rawish, res) =>
      proxy(req, res, (...given: unknown[]) => {
        passed.push({
          given,
          rawBody: req.rawBody,
          inFlight: proxy.endpoints.map(({ inFlight }) => inFlight),
          ended: served.events.filter(({ type }) => type === 'request-ended').length,
        });
        if (given[0] === undefined) answer(req, res);
        else res.writeHead(599).end('error');
      }),
  );
  return { ...served, passed };
}

const outcomeOf = ({ outcome, status, finalStatus, winner, servedBy, error }: RequestEnded) => ({
  outcome,
  status,
  finalStatus,
  winner,
  servedBy,
  code: error?.code,
});

describe('a request to which no response is usable', () => {
  const nothing = {
    outcome: 'passed-on',
    status: undefined,
    finalStatus: undefined,
    winner: undefined,
    servedBy: undefined,
  };
  const endless: http.RequestListener = (_req, res) => void res.writeHead(500).write('without end');

  test.each<[string, string, () => Promise<Partial<BalancingProxyOptions>>, readonly string[]]>([
    ['nobody can be reached', 'ERR_BRP_EXHAUSTED', async () => ({}), ['failed']],
    [
      'all are unusable',
      'ERR_BRP_EXHAUSTED',
      async () => ({
        endpoints: [await resources.startAt(answering(500, 'bad')), await resources.startAt(answering(502, 'bad'))],
      }),
      ['unusable', 'unusable'],
    ],
    [
      'an unusable one never ends',
      'ERR_BRP_EXHAUSTED',
      async () => ({ endpoints: [await resources.startAt(endless)] }),
      ['unusable'],
    ],
    [
      'the predicate refuses all',
      'ERR_BRP_EXHAUSTED',
      async () => ({ endpoints: [await resources.startAt(answering(200, 'good'))], isUsable: () => false }),
      ['unusable'],
    ],
    [
      'all time out',
      'ERR_BRP_ALL_TIMED_OUT',
      async () => ({ endpoints: [await resources.startAt(hanging)], timeouts: { responseMs: 30 } }),
      ['timed-out'],
    ],
    [
      'the total time is up',
      'ERR_BRP_TOTAL_TIMEOUT',
      async () => ({
        endpoints: [await resources.startAt(answering(500, 'bad')), await resources.startAt(hanging)],
        timeouts: { totalMs: 80 },
      }),
      ['unusable', 'cancelled'],
    ],
    ['there is no endpoint', 'ERR_BRP_NO_ENDPOINT', async () => ({ endpoints: () => [] }), []],
    [
      'DNS gives no address',
      'ERR_BRP_NO_ENDPOINT',
      async () => {
        const { server } = resources.use(await startDns());
        return { endpoints: [{ dns: 'http://api.internal', servers: [server] }] };
      },
      [],
    ],
    [
      'rounds of retry were of no use',
      'ERR_BRP_EXHAUSTED',
      async () => ({ retry: { forMs: 50, everyMs: 40 } }),
      ['failed', 'failed'],
    ],
  ])('is passed on when %s (%s)', async (_, code, make, outcomes) => {
    const served = await passing(await make());
    expect(await request(served.url)).toMatchObject({ status: 200, text: 'page' });
    const end = await endOf(served);
    expect(outcomeOf(end)).toEqual({ ...nothing, code });
    expect(end.attempts.map(({ outcome }) => outcome)).toEqual(outcomes);
    expect(served.passed).toHaveLength(1);
    expect(served.passed[0]).toMatchObject({ given: [], ended: 1 });
    expect(served.passed[0]?.inFlight.every((count) => count === 0)).toBe(true);
    expect(served.events.filter(({ type }) => type === 'response-started')).toEqual([]);
  });

  test('leaves nothing of it at the endpoints', async () => {
    const endpoint = await resources.start(endless);
    const served = await passing({ endpoints: [endpoint.url] });
    expect((await request(served.url)).text).toBe('page');
    await endpoint.idle();
  });

  test('leaves no header of theirs to whoever answers', async () => {
    const endpoint = await resources.startAt(answering(503, 'busy', { 'Retry-After': '1', 'X-Its': 'yes' }));
    const { headers } = await request((await passing({ endpoints: [endpoint] })).url);
    expect([headers['retry-after'], headers['x-its']]).toEqual([undefined, undefined]);
  });

  test('is passed on with the body that was read in `req.rawBody`', async () => {
    const served = await passing({});
    await request(served.url, { method: 'POST', body: 'the body' });
    await request(served.url, { method: 'POST', body: [] });
    await request(served.url, { method: 'POST', headers: { 'Content-Length': 0 } });
    await request(served.url);
    await request(served.url, { method: 'HEAD' });
    expect(served.passed.map(({ rawBody }) => rawBody)).toEqual([
      Buffer.from('the body'),
      Buffer.alloc(0),
      Buffer.alloc(0),
      undefined,
      undefined,
    ]);
  });

  test('is answered plainly when `next` throws', async () => {
    const proxy = resources.use(createBalancingProxy({ endpoints: () => [], fallthrough: true }));
    const server = await resources.listen(
      http.createServer((req, res) =>
        proxy(req, res, () => {
          throw new Error('no page');
        }),
      ),
    );
    expect(await request(server.url)).toMatchObject({ status: 503, text: '503 ERR_BRP_NO_ENDPOINT\n' });
  });

  test('is given to nobody when its client leaves', async () => {
    const endpoint = await resources.startHeld();
    const served = await passing({ endpoints: [endpoint.url] });
    const client = http.get(served.url, { agent: false }).on('error', () => {});
    await endpoint.first;
    client.destroy();
    expect((await endOf(served)).outcome).toBe('client-gone');
    expect(served.passed).toEqual([]);
  });

  test('is not passed on when the app has answered it', async () => {
    const endpoint = await resources.startHeld();
    const served = await passing({ endpoints: [endpoint.url] });
    const proxy = resources.use(createBalancingProxy({ endpoints: [endpoint.url], fallthrough: true }));
    const called: unknown[] = [];
    const server = await resources.listen(
      http.createServer((req, res) => {
        proxy(req, res, (error) => called.push(error));
        void endpoint.first.then((held) => {
          res.end('answered');
          held.writeHead(500).end();
        });
      }),
    );
    expect((await request(server.url)).text).toBe('answered');
    await until(() => proxy.endpoints[0]?.inFlight, 0);
    expect([called, served.passed]).toEqual([[], []]);
  });
});

describe('a request that is answered in spite of `fallthrough`', () => {
  const large = { bodyLimitBytes: 4 };

  test.each<[string, Partial<BalancingProxyOptions>, http.RequestOptions & { readonly body?: string }, string]>([
    ['whose body is too large', large, { method: 'POST', body: 'too large' }, 'ERR_BRP_BODY_TOO_LARGE'],
    ['that has been here before', { via: 'us' }, { headers: { Via: '1.1 us' } }, 'ERR_BRP_LOOP'],
    [
      'of which a function fails',
      {
        pathRewrite: () => {
          throw new Error('no');
        },
      },
      {},
      'ERR_BRP_HOOK',
    ],
    ['whose endpoints cannot be told', { endpoints: () => Promise.reject(new Error('no')) }, {}, 'ERR_BRP_ENDPOINTS'],
    [
      'whose body was streamed',
      { ...large, largeBody: 'stream' },
      { method: 'POST', body: 'too large' },
      'ERR_BRP_EXHAUSTED',
    ],
  ])('is one %s', async (_, options, settings, code) => {
    const served = await passing(options);
    expect((await request(served.url, settings)).status).toBe(599);
    expect(served.passed).toMatchObject([{ given: [{ code }] }]);
    expect((await endOf(served)).outcome).toBe('error');
  });

  test('is one that the response of an endpoint answers for want of a better one, as its body was streamed', async () => {
    const endpoints = [await resources.startAt(answering(500, 'bad'))];
    const served = await passing({ endpoints, bodyLimitBytes: 4, largeBody: 'stream' });
    const settings = { method: 'POST', body: 'too large' };
    expect(await request(served.url, settings)).toMatchObject({ status: 500, text: 'bad' });
    expect([(await endOf(served)).outcome, served.passed]).toEqual(['unusable', []]);
  });

  test('is one that comes when the proxy is closed', async () => {
    const served = await passing({});
    await served.proxy.close();
    expect((await request(served.url)).status).toBe(599);
    expect(served.passed).toMatchObject([{ given: [{ code: 'ERR_BRP_CLOSED' }] }]);
  });

  test('is one whose body has not come when the total time is up', async () => {
    const served = await passing({ timeouts: { totalMs: 50 } });
    const client = http.request(served.url, { method: 'POST', headers: { 'Content-Length': 9 }, agent: false });
    client.on('error', () => {}).write('half');
    const answered = new Promise<IncomingMessage>((resolve) => client.on('response', resolve));
    expect((await answered).statusCode).toBe(599);
    expect(served.passed).toMatchObject([{ given: [{ code: 'ERR_BRP_TOTAL_TIMEOUT' }], rawBody: undefined }]);
    client.destroy();
  });

  test('is one that `rewriteResponse` fails for', async () => {
    const endpoints = [await resources.startAt(answering(200, 'good'))];
    const rewriteResponse = () => Promise.reject(new Error('no'));
    const served = await passing({ endpoints, rewriteResponse });
    await request(served.url);
    expect(served.passed).toMatchObject([{ given: [{ code: 'ERR_BRP_HOOK' }] }]);
  });

  test('is one that cannot be sent', async () => {
    const proxy = resources.use(createBalancingProxy({ endpoints: [await refusedUrl()], fallthrough: true }));
    const given: unknown[] = [];
    const server = await resources.listen(
      http.createServer((req, res) =>
        proxy(Object.assign(req, { url: '/a b' }), res, (error) => {
          given.push(error);
          res.end('error');
        }),
      ),
    );
    expect((await request(server.url)).text).toBe('error');
    expect(given).toMatchObject([{ code: 'ERR_BRP_UNSENDABLE' }]);
  });

  test('is one for an upgrade', async () => {
    const endpoints = [await resources.startAt(answering(500, 'bad'))];
    const { url } = resources.use(await serveUpgrades({ endpoints, fallthrough: true }));
    expect(await connectRaw(url).closed()).toMatch(/^HTTP\/1.1 500 .*bad$/s);
  });

  test('is one without a `next`', async () => {
    const endpoints = [await resources.startAt(answering(500, 'bad'))];
    const served = await resources.serve({ endpoints, fallthrough: true });
    expect(await request(served.url)).toMatchObject({ status: 500, text: 'bad' });
    expect((await endOf(served)).outcome).toBe('unusable');
  });

  test('is one with a response of another status than `preferStatuses`', async () => {
    const endpoints = [await resources.startAt(answering(404, 'none')), await resources.startAt(answering(500, 'bad'))];
    const served = await passing({ endpoints, preferStatuses: '200' });
    expect(await request(served.url)).toMatchObject({ status: 404, text: 'none' });
  });
});

describe('what a second proxy forwards', () => {
  /** An endpoint that tells the hash of what it got. */
  const hashing: http.RequestListener = async (req, res) => {
    const { body } = await readAll(req);
    const { 'content-length': length, 'transfer-encoding': coding, expect: expected, te, trailer } = req.headers;
    const rest = [length, coding, expected, te, trailer].filter((value) => value !== undefined);
    answering(200, `${req.method} ${req.url} ${sha256(body)} ${rest}`)(req, res);
  };

  async function twoProxies(first: Partial<BalancingProxyOptions> = {}) {
    const dead = [await refusedUrl(), await resources.startAt(answering(500, 'bad'))];
    const primary = resources.use(createBalancingProxy({ endpoints: dead, fallthrough: true, ...first }));
    const secondary = resources.use(createBalancingProxy({ endpoints: [await resources.startAt(hashing)] }));
    return { primary, secondary };
  }

  /** Both proxies, one behind the other, by the frame's own `next` where it has mounts. */
  async function startIn({ hasMounts, start }: Frame, first: Middleware, second: Middleware) {
    const both: Middleware = (req, res, next) =>
      first(req, res, (error) => (error === undefined ? second(req, res, next) : next?.(error)));
    return resources.use(await start({ mounts: hasMounts ? { '/': first, '/api': second } : { '/': both } }));
  }

  test.each(frames)('in $name is what the client sent', async (frame) => {
    const { primary, secondary } = await twoProxies();
    const { url } = await startIn(frame, primary, secondary);
    const body = contentOf(100_000).toString('hex');
    const target = frame.hasMounts ? '/x?y' : '/api/x?y';
    for (const [method, sent] of [
      ['POST', body],
      ['PUT', 'short'],
      ['GET', undefined],
    ] as const) {
      const call = frame.send(`${url}/api/x?y`, { method, ...(sent && { body: sent }) });
      const answer = await call.answer;
      const hash = sha256(Buffer.from(sent ?? ''));
      expect([answer.status, await textOf(answer)]).toEqual([200, `${method} ${target} ${hash} ${sent?.length ?? ''}`]);
    }
  });

  test.each<[string, string, string]>([
    ['a chunked body', 'Transfer-Encoding: chunked\r\n', '3\r\nabc\r\n4\r\ndefg\r\n0\r\n\r\n'],
    [
      'a chunked body with trailers',
      'Transfer-Encoding: chunked\r\nTrailer: X-T\r\n',
      '7\r\nabcdefg\r\n0\r\nX-T: 1\r\n\r\n',
    ],
    ['a body that waits to be asked for', 'Content-Length: 7\r\nExpect: 100-continue\r\n', 'abcdefg'],
  ])('of %s is its bytes, with their length', async (_, headers, sent) => {
    const { primary, secondary } = await twoProxies();
    const server = await resources.listen(
      http.createServer((req, res) => primary(req, res, (error) => void (error ? res.end() : secondary(req, res)))),
    );
    const start = head('POST /x HTTP/1.1', 'Host: h', 'Connection: close').slice(0, -2);
    const { text } = await sendRaw(server.url, `${start}${headers}\r\n${sent}`);
    expect(text.endsWith(`\r\n\r\nPOST /x ${sha256(Buffer.from('abcdefg'))} 7`)).toBe(true);
  });

  test('of a body that a parser has read before both is what the first one sent', async () => {
    const seen: string[] = [];
    const failing: http.RequestListener = async (req, res) => {
      seen.push((await readAll(req)).text);
      answering(500, 'bad')(req, res);
    };
    const { primary, secondary } = await twoProxies({ endpoints: [await resources.startAt(failing)] });
    const app = express().use(express.json(), primary, secondary);
    const server = await resources.listen(http.createServer(app));
    const headers = { 'Content-Type': 'application/json' };
    const { text } = await request(server.url, { method: 'POST', headers, body: '{"a": [1, 2]}' });
    expect(seen).toEqual(['{"a":[1,2]}']);
    expect(text).toContain(sha256(Buffer.from('{"a":[1,2]}')));
  });

  test('comes after as many proxies as there are', async () => {
    const { primary, secondary } = await twoProxies();
    const other = await twoProxies();
    const app = express().use(primary, other.primary, secondary);
    const server = await resources.listen(http.createServer(app));
    const { text } = await request(server.url, { method: 'POST', body: 'again' });
    expect(text).toContain(sha256(Buffer.from('again')));
  });

  test('is begun by a client that may leave, like any other request', async () => {
    const held = await resources.startHeld();
    const { primary } = await twoProxies();
    const secondary = resources.use(createBalancingProxy({ endpoints: [held.url] }));
    const server = await resources.listen(http.createServer(express().use(primary, secondary)));
    const client = http.request(server.url, { method: 'POST', agent: false }).on('error', () => {});
    client.end('body');
    await held.first;
    client.destroy();
    await held.idle();
    await until(() => secondary.endpoints[0]?.inFlight, 0);
  });
});

describe('behind a proxy that passes on, Express', () => {
  const primary = async () =>
    resources.use(createBalancingProxy({ endpoints: [await refusedUrl()], fallthrough: true }));

  test('serves files', async () => {
    const file = temporaryFile(resources, 'sorry.txt', 'we are sorry');
    const app = express().use(await primary(), express.static(dirname(file)));
    const { url } = await resources.listen(http.createServer(app));
    expect(await request(`${url}/sorry.txt`)).toMatchObject({ status: 200, text: 'we are sorry' });
    expect((await request(`${url}/none.txt`)).status).toBe(404);
  });

  test('answers 404 when nothing is there', async () => {
    const { url } = await resources.listen(http.createServer(express().use(await primary())));
    expect((await request(url, { method: 'POST', body: 'x' })).status).toBe(404);
  });

  test('gives a cached answer, and a fresh one as soon as there is one', async () => {
    let isUp = true;
    const endpoint = await resources.start(
      (_req, res) => void (isUp ? res.end('fresh') : res.writeHead(500).end('bad')),
    );
    const proxy = resources.use(createBalancingProxy({ endpoints: [endpoint.url], fallthrough: true }));
    const cached: express.RequestHandler = (_req, res) => void res.set('Warning', '110 - stale').send('stale');
    const { url } = await resources.listen(http.createServer(express().use(proxy, cached)));
    const texts = [];
    for (const up of [true, false, true]) {
      isUp = up;
      texts.push((await request(url)).text);
    }
    expect(texts).toEqual(['fresh', 'stale', 'fresh']);
  });

  test('closes with nothing in flight while the page takes its time', async () => {
    const proxy = await primary();
    const app = express().use(proxy, (_req, res) => later(50, () => res.end('page')));
    const { url } = await resources.listen(http.createServer(app));
    const passedOn = new Promise((resolve) => proxy.subscribe(({ type }) => type === 'request-ended' && resolve(type)));
    const received = request(url);
    await passedOn;
    await proxy.close();
    expect((await received).text).toBe('page');
  });
});
