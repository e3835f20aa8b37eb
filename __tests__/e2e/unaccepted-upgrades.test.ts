import { once } from 'node:events';
import type http from 'node:http';
import { setImmediate } from 'node:timers/promises';
import { jest } from '@jest/globals';
import { late } from '../helpers/late.ts';
import { request } from '../helpers/proxy.ts';
import { answering, hanging, refusedUrl } from '../helpers/servers.ts';
import { turns } from '../helpers/turns.ts';
import { connectRaw, startSwitching, switching } from '../helpers/upgrades.ts';
import { resources, serve } from './opened-websocket.ts';

describe('an upgrade that no endpoint accepts', () => {
  test('is answered with the first other response, whole, and closed', async () => {
    const body = 'denied '.repeat(300_000);
    const endpoints = [
      await refusedUrl(),
      await resources.startAt(hanging),
      await resources.startAt((_, res) => {
        res.writeHead(401, 'Who Are You', ['X-A', '1', 'X-A', '2', 'Content-Length', String(body.length)]).end(body);
      }),
    ];
    const { url } = await serve({ endpoints, timeouts: { responseMs: 1_000 } });
    const [head, text] = (await connectRaw(url).closed()).split('\r\n\r\n');
    expect(head).toMatch(/^HTTP\/1.1 401 Who Are You\r\n.*Connection: close/s);
    expect(head).toMatch(/X-A: 1\r\nX-A: 2\r\n/);
    expect(text === body).toBe(true);
  });

  test.each<[number, string, () => Promise<object & { endpoints: string[] }>]>([
    [502, 'EXHAUSTED', async () => ({ endpoints: [await refusedUrl()] })],
    [
      504,
      'ALL_TIMED_OUT',
      async () => ({ endpoints: [await resources.startAt(hanging)], timeouts: { responseMs: 20 } }),
    ],
    [504, 'TOTAL_TIMEOUT', async () => ({ endpoints: [await resources.startAt(hanging)], timeouts: { totalMs: 20 } })],
    [508, 'LOOP', async () => ({ endpoints: [await resources.startAt(hanging)], via: 'before' })],
  ])('is answered with a plain %i %s when there is no response, and closed', async (status, code, make) => {
    const { url } = await serve(await make());
    const text = await connectRaw(url, { early: 'frames', headers: 'Via: 1.1 before\r\n' }).closed();
    expect(text.startsWith(`HTTP/1.1 ${status} `)).toBe(true);
    expect(text.endsWith(`\r\n\r\n${status} ERR_BRP_${code}\n`)).toBe(true);
  });

  test('is answered with 503 and closed by a proxy that is closed', async () => {
    const { url, proxy } = await serve({ endpoints: [await resources.startAt(hanging)] });
    await proxy.close();
    const text = await connectRaw(url).closed();
    expect(text).toMatch(/^HTTP\/1.1 503 .*Retry-After: 1\r\n.*503 ERR_BRP_CLOSED\n$/s);
  });

  test('is broken off when the response is', async () => {
    const { url } = await serve({
      endpoints: [
        await resources.startAt(
          (_, res) => void res.writeHead(403).write('half', () => setImmediate().then(() => res.destroy())),
        ),
      ],
    });
    const text = await connectRaw(url).closed();
    expect(text.endsWith('0\r\n\r\n')).toBe(false);
  });

  test('is cut 5 s after the answer when the client keeps its side open', async () => {
    jest.useFakeTimers({ doNotFake: ['nextTick', 'setImmediate', 'performance', 'queueMicrotask', 'Date'] });
    try {
      const { url, server } = await serve({ endpoints: [await refusedUrl()] });
      const { socket } = connectRaw(url, { allowHalfOpen: true });
      resources.use({ close: () => socket.destroy() });
      await once(socket, 'end');
      await turns(5);
      jest.advanceTimersByTime(4_999);
      await turns(5);
      expect(server.sockets.size).toBe(1);
      jest.advanceTimersByTime(1);
      await server.idle();
    } finally {
      jest.useRealTimers();
    }
  });

  test('is answered with 501 when a body comes with it', async () => {
    const endpoint = await resources.start(answering(200, 'ok'));
    const { url } = await serve({ endpoints: [endpoint.url] });
    const text = await connectRaw(url, { method: 'POST', headers: 'Content-Length: 4\r\n', early: 'body' }).closed();
    expect([text.endsWith('501 ERR_BRP_UPGRADE_BODY\n'), endpoint.accepted]).toEqual([true, 0]);
  });

  test('is closed when an earlier response is still under way on its connection', async () => {
    const endpoint = await resources.start(hanging);
    const { url } = await serve({ endpoints: [endpoint.url] });
    const pipelined = 'GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: raw\r\n\r\n';
    const client = connectRaw(url, { head: `GET / HTTP/1.1\r\nHost: x\r\n\r\n${pipelined}` });
    expect(await client.closed()).toBe('');
    await endpoint.idle();
  });

  test('is served like any request when it asks for h2c', async () => {
    const asked: http.IncomingHttpHeaders[] = [];
    const good: http.RequestListener = (req, res) => {
      asked.push(req.headers);
      late(20, answering(200, 'a page'))(req, res);
    };
    const { url } = await serve({
      endpoints: [
        await resources.startAt(answering(500, 'no')),
        await resources.startAt(good),
        await resources.startAt(hanging),
      ],
    });
    expect(await connectRaw(url, { protocol: 'h2c' }).closed()).toMatch(/^HTTP\/1.1 200 .*a page$/s);
    expect(asked[0]).not.toHaveProperty('upgrade');
  });
});

describe('an acceptance that cannot be used', () => {
  test.each<[string, () => Record<string, string>]>([
    [
      'throws',
      () => {
        throw new Error('no');
      },
    ],
    ['makes a header of two lines', () => ({ 'X-It': 'a\r\nX-Injected: b' })],
  ])('because `rewriteResponse` %s closes the connection to the endpoint', async (_, rewriteResponse) => {
    const endpoint = resources.use(await startSwitching());
    const { url } = await serve({ endpoints: [endpoint.url], rewriteResponse });
    expect(await connectRaw(url).closed()).toMatch(/^HTTP\/1.1 500 (?!.*Injected)/s);
    await endpoint.idle();
  });

  test('because its head cannot be sent closes the connection to the endpoint', async () => {
    const head = switching.replace('Upgrade: raw', 'Upgrade: raw\r\nTrailer: X-T');
    const endpoint = resources.use(await startSwitching(undefined, head));
    const { url } = await serve({ endpoints: [endpoint.url] });
    expect(await connectRaw(url).closed()).toMatch(/^HTTP\/1.1 502 /);
    await endpoint.idle();
  });

  test.each([
    ['came without being asked for', undefined, switching],
    ['names no protocol, without being asked for', undefined, 'HTTP/1.1 101 OK\r\n\r\n'],
    ['names no protocol', 'raw', 'HTTP/1.1 101 OK\r\n\r\n'],
  ])('because it %s is a failed attempt', async (_, protocol, head) => {
    const endpoint = resources.use(await startSwitching(undefined, head));
    const { url } = await serve({ endpoints: [endpoint.url] });
    const text = protocol ? await connectRaw(url, { protocol }).closed() : (await request(url)).text;
    expect(text.endsWith('502 ERR_BRP_EXHAUSTED\n')).toBe(true);
    await endpoint.idle();
  });
});
