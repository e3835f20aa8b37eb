import http, { type RequestListener } from 'node:http';
import { PassThrough, Readable } from 'node:stream';
import { setImmediate as turn } from 'node:timers/promises';
import type { BalancingProxyOptions } from '../../src/index.ts';
import { fakeTransport } from '../../src/testing/testing.ts';
import { type ErrorAnswer, frames, type Middleware, textOf } from '../helpers/frames.ts';
import { late, later } from '../helpers/late.ts';
import { leakCheckedResources } from '../helpers/leaks.ts';
import { readAll, request } from '../helpers/proxy.ts';
import { answering, hanging } from '../helpers/servers.ts';
import { until } from '../helpers/until.ts';
import { connectRaw, serveUpgrades, startSwitching, switching } from '../helpers/upgrades.ts';
import { contentOf, endOf, serveMirrors, sha256 } from './mirror.ts';

const resources = leakCheckedResources();

const usable = answering(200, 'good');
const unusable = answering(500, 'bad');

/** Options with a hook that notes for whom it is called, in the order of its calls. */
function noting(options: Partial<BalancingProxyOptions> = {}) {
  const called: string[] = [];
  const rewriteResponse: BalancingProxyOptions['rewriteResponse'] = (_headers, { endpoint, status }) => {
    called.push(`${endpoint} ${status}`);
    return { 'X-New': 'yes' };
  };
  return { called, options: { loserGraceMs: Infinity, ...options, rewriteResponse } };
}

const named = async (...listeners: readonly RequestListener[]) => {
  const urls = [];
  for (const listener of listeners) urls.push((await resources.start(listener)).url);
  return urls.map((url, index) => ({ url, name: 'abc'[index] ?? '' }));
};

describe('`rewriteResponse` is called once', () => {
  test.each<[string, readonly RequestListener[], Partial<BalancingProxyOptions>, string]>([
    ['in a race, for the winner', [late(30, usable), usable, unusable], { strategy: 'race' }, 'b 200'],
    ['in a race of equals, for the winner', [hanging, usable], { strategy: 'race', loserGraceMs: 0 }, 'b 200'],
    [
      'for a hedge that wins',
      [late(60, usable), usable],
      { strategy: 'hedge', order: 'given', hedge: { delayMs: 5 } },
      'b 200',
    ],
    ['after failures, for the one that is sent', [unusable, unusable, usable], { strategy: 'failover' }, 'c 200'],
    ['for a spare', [unusable, answering(501, 'worse')], { strategy: 'failover' }, 'a 500'],
    [
      'for a response that was held for a better one',
      [answering(404, 'none'), late(20, unusable)],
      { strategy: 'race', preferStatuses: '200', preferGraceMs: Infinity },
      'a 404',
    ],
    [
      'for the better one',
      [answering(404, 'none'), late(20, usable)],
      { strategy: 'race', preferStatuses: '200', preferGraceMs: Infinity },
      'b 200',
    ],
    [
      'when the predicate has refused others',
      [usable, answering(201, 'better')],
      { strategy: 'failover', isUsable: ({ status }) => status === 201 },
      'b 201',
    ],
  ])('%s', async (_, listeners, more, expected) => {
    const { called, options } = noting(more);
    const served = await resources.serve({ endpoints: await named(...listeners), ...options });
    const { status, headers } = await request(served.url);
    await endOf(served);
    expect([called, `${status}`, headers['x-new']]).toEqual([[expected], expected.slice(2), 'yes']);
  });

  test('for a body that another endpoint goes on with', async () => {
    const content = contentOf(300_000);
    const { called, options } = noting();
    const mirror = { content, headers: { ETag: '"a"' } };
    const served = await serveMirrors(resources, [{ ...mirror, breaksAt: [150_000] }, mirror], options);
    expect((await request(served.url)).body.equals(content)).toBe(true);
    expect([called, (await endOf(served)).resumes]).toEqual([['mirror 0 200'], 1]);
  });

  test('for an upgrade that several endpoints accept', async () => {
    const asked: { write(bytes: string): unknown }[] = [];
    const start = () =>
      resources.startTcp((socket) => {
        socket.once('data', () => {
          if (asked.push(socket) === 2) for (const each of asked) each.write(switching);
        });
      });
    const endpoints = [(await start()).url, (await start()).url];
    const { called, options } = noting();
    const served = resources.use(await serveUpgrades({ endpoints, ...options }));
    const client = connectRaw(served.url);
    expect(await client.until('\r\n\r\n')).toMatch(/^HTTP\/1.1 101 .*X-New: yes/s);
    client.socket.destroy();
    await endOf(served);
    expect(called).toHaveLength(1);
  });

  test.each(frames)('for a client of $name', async (frame) => {
    const { called, options } = noting();
    const served = await resources.serve({ endpoints: await named(unusable, usable, usable), ...options });
    const through = resources.use(await frame.start({ mounts: { '/': served.proxy } }));
    const answer = await frame.send(through.url).answer;
    expect([answer.headers['x-new'], await textOf(answer)]).toEqual(['yes', 'good']);
    await endOf(served);
    expect(called).toHaveLength(1);
  });
});

describe('while `rewriteResponse` takes its time', () => {
  /** A hook that a test lets settle. */
  function waiting() {
    const called = Promise.withResolvers<void>();
    const settled = Promise.withResolvers<undefined>();
    const rewriteResponse = () => {
      called.resolve();
      return settled.promise;
    };
    return { called: called.promise, settle: () => settled.resolve(undefined), rewriteResponse };
  }

  test('a large body waits in the network, and the silence of its endpoint is no fault', async () => {
    const content = contentOf(20_000_000);
    let written = 0;
    const endpoint = await resources.start((_req, res) => {
      res.writeHead(200, { 'Content-Length': content.length });
      for (let at = 0; at < content.length; at += 50_000) {
        res.write(content.subarray(at, at + 50_000), () => (written += 50_000));
      }
      res.end();
    });
    const hook = waiting();
    const { rewriteResponse } = hook;
    const served = await resources.serve({ endpoints: [endpoint.url], rewriteResponse, timeouts: { idleMs: 400 } });
    const received = request(served.url);
    await hook.called;
    let before = -1;
    await until(async () => {
      const isStill = written === before;
      before = written;
      await new Promise((resolve) => later(600, () => resolve(undefined)));
      return isStill;
    });
    expect(written).toBeLessThan(content.length);
    hook.settle();
    expect(sha256((await received).body)).toBe(sha256(content));
    expect(await endOf(served)).toMatchObject({ error: undefined, resumes: 0 });
  });

  test('the losers are let go of', async () => {
    const slow = await resources.startHeld();
    const fast = await resources.start(usable);
    const hook = waiting();
    const { rewriteResponse } = hook;
    const { url } = await resources.serve({ endpoints: [slow.url, fast.url], rewriteResponse, loserGraceMs: 0 });
    const received = request(url);
    await hook.called;
    await slow.idle();
    hook.settle();
    expect((await received).text).toBe('good');
  });

  test('`totalMs` is over without harm, since it is settled which response is sent', async () => {
    const hook = waiting();
    const { rewriteResponse } = hook;
    const { url } = await resources.serve({
      endpoints: await named(usable),
      rewriteResponse,
      timeouts: { totalMs: 300 },
    });
    const received = request(url);
    await hook.called;
    later(400, hook.settle);
    expect(await received).toMatchObject({ status: 200, text: 'good' });
  });

  test.each<[string, RequestListener]>([
    ['whole', usable],
    ['streamed', (_req, res) => void res.writeHead(200, { 'Content-Length': 9_000_000 }).write('the beginning')],
  ])('a client that leaves ends the request, whose response is %s', async (_, listener) => {
    const endpoint = await resources.start(listener);
    const hook = waiting();
    const { rewriteResponse } = hook;
    const served = await resources.serve({ endpoints: [endpoint.url], rewriteResponse });
    const client = http.get(served.url, { agent: false }).on('error', () => {});
    await hook.called;
    client.destroy();
    expect(await endOf(served)).toMatchObject({ error: { code: 'ERR_BRP_CLIENT_GONE' }, status: undefined });
    expect(served.proxy.endpoints[0]).toMatchObject({ inFlight: 0, state: 'available' });
    hook.settle();
    await turn();
    expect(served.events.filter(({ type }) => type === 'response-started')).toEqual([]);
  });

  test('a client that leaves has an accepted upgrade closed', async () => {
    const endpoint = resources.use(await startSwitching());
    const hook = waiting();
    const { rewriteResponse } = hook;
    const served = resources.use(await serveUpgrades({ endpoints: [endpoint.url], rewriteResponse }));
    const client = connectRaw(served.url);
    await hook.called;
    client.socket.destroy();
    await endpoint.idle();
    expect(await endOf(served)).toMatchObject({ error: { code: 'ERR_BRP_CLIENT_GONE' } });
  });

  test.each<[string, (res: http.ServerResponse) => unknown, string]>([
    ['begin', (res) => res.writeHead(418).write('by the '), 'by the app'],
    ['end', (res) => res.writeHead(418).end('by the app'), 'by the app'],
  ])('the app may %s the response, which is left alone then', async (_, answer, expected) => {
    const endpoint = await resources.start((_req, res) => void res.writeHead(200).write('endless'));
    const hook = waiting();
    let response: http.ServerResponse | undefined;
    const { rewriteResponse } = hook;
    const served = await resources.serve({ endpoints: [endpoint.url], rewriteResponse }, (proxy) => (req, res) => {
      response = res;
      proxy(req, res);
    });
    const received = request(served.url);
    await hook.called;
    if (response) answer(response);
    hook.settle();
    const { error, status } = await endOf(served);
    expect([error?.code, status]).toEqual(['ERR_BRP_ENDED_BY_APP', 418]);
    if (response && !response.writableEnded) response.end('app');
    expect(await received).toMatchObject({ status: 418, text: expected });
    await endpoint.idle();
  });

  test('an endpoint that breaks off has its body asked for elsewhere', async () => {
    const content = contentOf(300_000);
    const mirror = { content, headers: { ETag: '"a"' } };
    const hook = waiting();
    const { rewriteResponse } = hook;
    const served = await serveMirrors(resources, [{ ...mirror, breaksAt: [150_000] }, mirror], { rewriteResponse });
    const received = request(served.url);
    await hook.called;
    await served.mirrors[0]?.idle();
    hook.settle();
    expect((await received).body.equals(content)).toBe(true);
  });

  test('an endpoint that breaks off is to blame, when nobody can go on with its body', async () => {
    const body = new PassThrough();
    body.write('a part');
    const transport = fakeTransport(async () => ({ headers: ['Content-Length', '300000'], body }));
    const hook = waiting();
    const { rewriteResponse } = hook;
    const served = await resources.serve({ endpoints: ['http://a.example'], transport, rewriteResponse });
    const received = request(served.url);
    await hook.called;
    const broken = new Promise((resolve) => body.once('close', resolve));
    body.destroy(new Error('reset'));
    await broken;
    hook.settle();
    expect(await received).toMatchObject({ status: 502, text: '502 ERR_BRP_CONNECTION_LOST\n' });
    const { attempts } = await endOf(served);
    expect(attempts).toMatchObject([{ error: { code: 'ERR_BRP_CONNECTION_LOST' }, brokeOff: { atByte: 0 } }]);
    expect(served.proxy.endpoints[0]?.healthRatio).toBeLessThan(1);
  });

  test('the hints of the endpoint wait, and come before the head', async () => {
    const endpoint = await resources.start((_req, res) => {
      res.writeEarlyHints({ link: '</a>; rel=preload' }, () => res.end('hinted'));
    });
    const hook = waiting();
    const { rewriteResponse } = hook;
    const served = await resources.serve({ endpoints: [endpoint.url], rewriteResponse });
    const order: string[] = [];
    const client = http.get(served.url, { agent: false });
    client.on('information', ({ statusCode }) => order.push(`${statusCode}`));
    const answered = new Promise<http.IncomingMessage>((resolve) => client.on('response', resolve));
    await hook.called;
    hook.settle();
    order.push((await readAll(await answered)).text);
    expect(order).toEqual(['103', 'hinted']);
  });
});

describe('`rewriteResponse` that fails', () => {
  const failing = (): never => {
    throw new Error('the header x-secret is bad');
  };

  test.each<[string, RequestListener, string]>([
    ['a whole body', usable, 'won'],
    ['an unusable response', unusable, 'unusable'],
    ['a body that is still coming', (_req, res) => void res.writeHead(200).write('endless'), 'won'],
    ['a large body', (_req, res) => void res.writeHead(200, { 'Content-Length': 9_000_000 }).write('a part'), 'won'],
  ])('for %s lets go of its endpoint, which is not blamed', async (_, listener, outcome) => {
    const endpoint = await resources.start(listener);
    const options = { ejection: { consecutiveFailures: 1 }, holdMs: 5, rewriteResponse: failing };
    const served = await resources.serve({ endpoints: [endpoint.url], ...options });
    expect(await request(served.url)).toMatchObject({ status: 500, text: '500 ERR_BRP_HOOK\n' });
    expect(await endOf(served)).toMatchObject({
      error: { code: 'ERR_BRP_HOOK', message: 'option `rewriteResponse` threw' },
      attempts: [{ outcome }],
      bytes: 0,
    });
    expect(served.events.map(({ type }) => type)).toEqual([
      'request-started',
      'attempt-started',
      'attempt-ended',
      'request-ended',
    ]);
    expect(served.proxy.endpoints[0]).toMatchObject({ state: 'available', inFlight: 0 });
    // The connection of a whole body can be used again.
    if (listener === usable || listener === unusable) expect(endpoint.sockets.size).toBe(1);
    else await endpoint.idle();
  });

  test('lets go of a body that its transport has whole, and breaks off no more', async () => {
    const body = Readable.from([Buffer.from('the body')]);
    const response = { status: 200, statusText: '', headers: ['Content-Length', '8'], body, trailers: () => [] };
    const transport = { send: async () => response, close: async () => {} };
    const options = { endpoints: ['http://127.0.0.1'], transport, holdBytes: 0, rewriteResponse: failing };
    expect((await request((await resources.serve(options)).url)).status).toBe(500);
    expect(body.destroyed).toBe(true);
  });

  test('closes a connection that has left HTTP, which its transport has nothing to do with any more', async () => {
    const socket = new PassThrough();
    const headers = ['Connection', 'Upgrade', 'Upgrade', 'raw'];
    const upgraded = { socket, head: Buffer.alloc(0) };
    const response = { status: 101, statusText: '', headers, body: Readable.from([]), trailers: () => [], upgraded };
    const transport = { send: async () => response, close: async () => {} };
    const options = { endpoints: ['http://127.0.0.1'], transport, rewriteResponse: failing };
    const { url } = resources.use(await serveUpgrades(options));
    expect(await connectRaw(url).closed()).toMatch(/^HTTP\/1.1 500 /);
    expect(socket.destroyed).toBe(true);
  });

  test.each(frames)('gives its error to the error handler of $name, with the body of the request', async (frame) => {
    const told: string[] = [];
    const lines: unknown[] = [];
    const endpoints = await named(usable);
    const logger = { info: (line: unknown) => lines.push(line), warn: (line: unknown) => lines.push(line) };
    const served = await resources.serve({ endpoints, rewriteResponse: failing, logger });
    let raw: unknown;
    const proxy: Middleware = (req, res, next) =>
      served.proxy(req, res, (error) => {
        raw = Reflect.get(req, 'rawBody');
        next?.(error);
      });
    const onError: ErrorAnswer = ({ code, message }, res) => {
      told.push(code, message);
      res.writeHead(503).end('page');
    };
    const through = resources.use(await frame.start({ mounts: { '/': proxy }, onError }));
    const answer = await frame.send(through.url, { method: 'POST', body: 'sent' }).answer;
    expect([answer.status, await textOf(answer), String(raw)]).toEqual([503, 'page', 'sent']);
    expect(told).toEqual(['ERR_BRP_HOOK', 'option `rewriteResponse` threw']);
    await endOf(served);
    expect(lines).toEqual([
      expect.stringMatching(/500 ERR_BRP_HOOK by a .*threw: the header x-secret is bad; a won 200/),
    ]);
  });
});
