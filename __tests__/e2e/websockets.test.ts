import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import http from 'node:http';
import https from 'node:https';
import net, { type Socket } from 'node:net';
import { setImmediate } from 'node:timers/promises';
import { jest } from '@jest/globals';
import { WebSocket, WebSocketServer } from 'ws';
import { createCertificate } from '../../shared/certificate.ts';
import { createBalancingProxy } from '../../src/index.ts';
import { leakCheckedResources } from '../helpers/leaks.ts';
import { request, type ServedProxy } from '../helpers/proxy.ts';
import { answering, hanging, listen, refusedUrl, startHttp, startTcp } from '../helpers/servers.ts';
import { connectRaw, serveUpgrades, startEcho, startSwitching, switching } from '../helpers/upgrades.ts';

const resources = leakCheckedResources();

/** Opens a WebSocket, and ends it after the test. */
async function open(url: string, ...settings: readonly unknown[]): Promise<WebSocket> {
  const [protocols, options] = settings as [string[]?, object?];
  const socket = new WebSocket(`${url.replace('http', 'ws')}/chat`, protocols ?? [], options);
  resources.use({ close: () => socket.terminate() });
  await once(socket, 'open');
  return socket;
}

const start = async (listener: http.RequestListener) => resources.use(await startHttp(listener)).url;
const ended = ({ events }: ServedProxy) => events.filter(({ type }) => type === 'request-ended');
const serve = async (...settings: Parameters<typeof serveUpgrades>) => resources.use(await serveUpgrades(...settings));

/** Lets this many turns of the event loop pass. */
async function turns(count: number): Promise<void> {
  for (let turn = 0; turn < count; turn++) await setImmediate();
}

/** Endpoints that take no WebSocket. */
const unwilling: ReadonlyArray<readonly [string, () => Promise<readonly string[]>]> = [
  ['alone', async () => []],
  ['after one that refuses connections', async () => [await refusedUrl()]],
  ['after one that answers 500', async () => [await start(answering(500, 'no'))]],
  ['after one that answers 200', async () => [await start(answering(200, 'a page'))]],
  ['after one that hangs', async () => [await start(hanging)]],
  ['after all of these', async () => [await refusedUrl(), await start(answering(500, 'no')), await start(hanging)]],
];

describe.each(unwilling)('a WebSocket to an endpoint %s', (_, startOthers) => {
  const connect = async () => {
    const echo = resources.use(await startEcho());
    const { url } = await serve({ endpoints: [...(await startOthers()), echo.url] });
    const atEndpoint = once(echo.webSockets, 'connection') as Promise<[WebSocket]>;
    return { client: await open(url), endpoint: (await atEndpoint)[0] };
  };

  test.each<[string, string | Buffer]>([
    ['text', 'Grüße 🦉'],
    ['an empty message', ''],
    ['1 MB of bytes', randomBytes(1_048_576)],
  ])('carries %s there and back', async (_name, message) => {
    const { client } = await connect();
    client.send(message);
    const [echoed, isBinary] = await once(client, 'message');
    expect([Buffer.from(message).equals(echoed), isBinary]).toEqual([true, typeof message !== 'string']);
  });

  test('carries pings and pongs both ways', async () => {
    const { client, endpoint } = await connect();
    client.ping('from the client');
    expect(String((await once(client, 'pong'))[0])).toBe('from the client');
    endpoint.ping('from the endpoint');
    expect(String((await once(endpoint, 'pong'))[0])).toBe('from the endpoint');
  });

  test.each([
    ['client', 'endpoint'],
    ['endpoint', 'client'],
  ] as const)('carries the close of the %s to the %s', async (from, to) => {
    const sides = await connect();
    const closed = [once(sides[from], 'close'), once(sides[to], 'close')];
    sides[from].close(4_001, 'enough');
    for (const [code, reason] of await Promise.all(closed)) expect([code, String(reason)]).toEqual([4_001, 'enough']);
  });
});

describe('the handshake', () => {
  test('agrees on a subprotocol and on compression', async () => {
    const echo = resources.use(
      await startEcho({ perMessageDeflate: { threshold: 0 }, handleProtocols: (offered) => [...offered][1] ?? false }),
    );
    const { url } = await serve({ endpoints: [echo.url] });
    const client = await open(url, ['first', 'second'], { perMessageDeflate: { threshold: 0 } });
    client.send('x'.repeat(100_000));
    expect(String((await once(client, 'message'))[0])).toBe('x'.repeat(100_000));
    expect([client.protocol, client.extensions]).toEqual(['second', 'permessage-deflate']);
  });

  test('reaches the endpoint and comes back with all headers of its own, repeated ones too', async () => {
    const asked = Promise.withResolvers<string>();
    const head = switching.replace(
      'Upgrade: raw',
      'upgrade: raw\r\nSet-Cookie: a=1\r\nX-Byte: \xe9\r\nset-cookie: b=2',
    );
    const endpoint = resources.use(
      await startTcp((socket) => {
        socket.once('data', (chunk) => {
          asked.resolve(String(chunk));
          socket.write(head, 'latin1');
        });
      }),
    );
    const { url } = await serve({ endpoints: [`${endpoint.url}/base`], via: 'us' });
    const client = connectRaw(url, { headers: 'Sec-WebSocket-Key: k\r\nX-Twice: a\r\nX-Twice: b\r\n' });
    const sent = await asked.promise;
    expect(sent.split('\r\n')).toEqual(
      expect.arrayContaining(['GET /base/chat HTTP/1.1', `Host: 127.0.0.1:${endpoint.port}`, 'Sec-WebSocket-Key: k']),
    );
    expect(sent).toMatch(/X-Twice: a\r\nX-Twice: b\r\n.*Via: 1.1 us\r\nConnection: Upgrade\r\nUpgrade: raw\r\n/s);
    expect(await client.until('\r\n\r\n')).toBe(
      'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: raw\r\n' +
        'Set-Cookie: a=1\r\nX-Byte: \xe9\r\nset-cookie: b=2\r\n\r\n',
    );
    client.socket.destroy();
  });

  test('is raced, and the losers are closed, even one that accepts at the same moment', async () => {
    const endpoints = [
      await startSwitching(),
      await startSwitching(),
      await startTcp((socket) => void socket.resume()),
    ];
    let accepted = 0;
    const bothAccepted = Promise.withResolvers<void>();
    const rewriteResponse = async () => {
      if (++accepted === 2) bothAccepted.resolve();
      await bothAccepted.promise;
      return {};
    };
    const { url } = await serve({
      endpoints: endpoints.map((endpoint) => resources.use(endpoint).url),
      rewriteResponse,
    });
    const client = connectRaw(url);
    await client.until('101 Switching');
    const [first, second, silent] = endpoints.map((endpoint) => endpoint.idle());
    await Promise.all([Promise.race([first, second]), silent]);
    expect(endpoints.map(({ sockets }) => sockets.size).sort()).toEqual([0, 0, 1]);
    client.socket.destroy();
  });

  test('goes over TLS to an https endpoint', async () => {
    const { cert, key } = await createCertificate();
    const server = https.createServer({ cert, key });
    new WebSocketServer({ server }).on('connection', (socket) => socket.send('over TLS'));
    const { port } = resources.use(await listen(server));
    const { url } = await serve({ endpoints: [`https://localhost:${port}`], tls: { ca: cert } });
    const client = new WebSocket(url);
    resources.use({ close: () => client.terminate() });
    expect(String((await once(client, 'message'))[0])).toBe('over TLS');
  });

  test('goes on to the next endpoint after a refusal when the strategy is failover', async () => {
    const spare = resources.use(await startSwitching());
    const { url } = await serve({ endpoints: [await start(answering(403, 'no')), spare.url], strategy: 'failover' });
    const client = connectRaw(url);
    await client.until('101 Switching');
    client.socket.destroy();
  });

  test('leaves no byte behind that either side sent right after its head', async () => {
    const heard = Promise.withResolvers<string>();
    const endpoint = resources.use(
      await startSwitching((socket) => {
        let text = '';
        socket.on('data', (chunk) => {
          text += chunk;
          if (text.endsWith('!')) heard.resolve(text);
        });
      }, `${switching}early from the endpoint`),
    );
    const { url } = await serve({ endpoints: [endpoint.url] });
    const client = connectRaw(url, { early: 'early from the client,' });
    expect((await client.until('endpoint')).endsWith('\r\n\r\nearly from the endpoint')).toBe(true);
    client.socket.write(' and late!');
    expect(await heard.promise).toBe('early from the client, and late!');
    client.socket.destroy();
  });

  test('holds back what the client sends before it is answered, and no more than a little', async () => {
    const asked = Promise.withResolvers<Socket>();
    const endpoint = resources.use(await startTcp((socket) => void socket.once('data', () => asked.resolve(socket))));
    const { url } = await serve({ endpoints: [endpoint.url] });
    const client = connectRaw(url);
    const socket = await asked.promise;
    client.socket.end('x'.repeat(32_000_000));
    await turns(2_000);
    expect(client.socket.writableLength).toBeGreaterThan(16_000_000);
    let received = 0;
    socket.on('data', (chunk) => {
      received += chunk.length;
    });
    socket.write(switching);
    await once(socket, 'end');
    expect(received).toBe(32_000_000);
  });
});

describe('an upgrade that no endpoint accepts', () => {
  test('is answered with the first other response, whole, and closed', async () => {
    const body = 'denied '.repeat(300_000);
    const endpoints = [
      await refusedUrl(),
      await start(hanging),
      await start((_, res) => {
        res.writeHead(401, 'Who Are You', ['X-A', '1', 'X-A', '2', 'Content-Length', String(body.length)]).end(body);
      }),
    ];
    const { url } = await serve({ endpoints, timeouts: { responseMs: 100 } });
    const [head, text] = (await connectRaw(url).closed()).split('\r\n\r\n');
    expect(head).toMatch(/^HTTP\/1.1 401 Who Are You\r\n.*Connection: close/s);
    expect(head).toMatch(/X-A: 1\r\nX-A: 2\r\n/);
    expect(text === body).toBe(true);
  });

  test.each<[number, string, () => Promise<object & { endpoints: string[] }>]>([
    [502, 'EXHAUSTED', async () => ({ endpoints: [await refusedUrl()] })],
    [504, 'ALL_TIMED_OUT', async () => ({ endpoints: [await start(hanging)], timeouts: { responseMs: 20 } })],
    [504, 'TOTAL_TIMEOUT', async () => ({ endpoints: [await start(hanging)], timeouts: { totalMs: 20 } })],
    [508, 'LOOP', async () => ({ endpoints: [await start(hanging)], via: 'before' })],
  ])('is answered with a plain %i %s when there is no response, and closed', async (status, code, make) => {
    const { url } = await serve(await make());
    const text = await connectRaw(url, { early: 'frames', headers: 'Via: 1.1 before\r\n' }).closed();
    expect(text.startsWith(`HTTP/1.1 ${status} `)).toBe(true);
    expect(text.endsWith(`\r\n\r\n${status} ERR_BRP_${code}\n`)).toBe(true);
  });

  test('is answered with 503 and closed by a proxy that is closed', async () => {
    const { url, proxy } = await serve({ endpoints: [await start(hanging)] });
    await proxy.close();
    const text = await connectRaw(url).closed();
    expect(text).toMatch(/^HTTP\/1.1 503 .*Retry-After: 1\r\n.*503 ERR_BRP_CLOSED\n$/s);
  });

  test('is broken off when the response is', async () => {
    const { url } = await serve({
      endpoints: [
        await start((_, res) => void res.writeHead(403).write('half', () => setImmediate().then(() => res.destroy()))),
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
    const endpoint = resources.use(await startHttp(answering(200, 'ok')));
    const { url } = await serve({ endpoints: [endpoint.url] });
    const text = await connectRaw(url, { method: 'POST', headers: 'Content-Length: 4\r\n', early: 'body' }).closed();
    expect([text.endsWith('501 ERR_BRP_UPGRADE_BODY\n'), endpoint.accepted]).toEqual([true, 0]);
  });

  test('is closed when an earlier response is still under way on its connection', async () => {
    const endpoint = resources.use(await startHttp(hanging));
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
      setTimeout(() => answering(200, 'a page')(req, res), 20);
    };
    const { url } = await serve({
      endpoints: [await start(answering(500, 'no')), await start(good), await start(hanging)],
    });
    expect(await connectRaw(url, { protocol: 'h2c' }).closed()).toMatch(/^HTTP\/1.1 200 .*a page$/s);
    expect(asked[0]).not.toHaveProperty('upgrade');
  });
});

describe('a client that goes away', () => {
  const ways: ReadonlyArray<readonly [string, (socket: Socket) => void]> = [
    ['resets', (socket) => socket.resetAndDestroy()],
    ['closes', (socket) => socket.destroy()],
    ['ends its side', (socket) => socket.end()],
  ];

  test.each(ways)('and %s before the handshake is done cancels every attempt', async (_, leave) => {
    const asked = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    const endpoints = await Promise.all(asked.map(({ resolve }) => startHttp(() => resolve())));
    const served = await serve({ endpoints: endpoints.map((endpoint) => resources.use(endpoint).url) });
    const client = connectRaw(served.url, { early: 'frames' });
    await Promise.all(asked.map(({ promise }) => promise));
    leave(client.socket);
    await Promise.all(endpoints.map((endpoint) => endpoint.idle()));
    await served.proxy.close();
    expect(ended(served)).toMatchObject([{ error: { code: 'ERR_BRP_CLIENT_GONE' }, status: undefined }]);
  });

  test.each(ways)('and %s afterwards closes the connection to the endpoint', async (_, leave) => {
    const endpoint = resources.use(await startSwitching());
    const served = await serve({ endpoints: [endpoint.url] });
    const client = connectRaw(served.url);
    await client.until('101 Switching');
    leave(client.socket);
    await endpoint.idle();
    await served.proxy.close();
    expect(ended(served)).toMatchObject([{ error: undefined, status: 101, winner: endpoint.url }]);
  });

  test('by ending its side only still gets what the endpoint has to say', async () => {
    const endpoint = resources.use(
      await listen(
        net.createServer({ allowHalfOpen: true }, (socket) => {
          socket.once('data', () => socket.write(switching)).once('end', () => socket.end('farewell'));
        }),
      ),
    );
    const { url } = await serve({ endpoints: [endpoint.url] });
    const client = connectRaw(url, { allowHalfOpen: true });
    await client.until('101 Switching');
    client.socket.end();
    expect((await client.closed()).endsWith('farewell')).toBe(true);
  });

  test('with a reset is not waited for when the endpoint keeps its side open', async () => {
    const endpoint = resources.use(
      await listen(
        net.createServer({ allowHalfOpen: true }, (socket) =>
          socket.on('error', () => {}).once('data', () => socket.write(switching)),
        ),
      ),
    );
    const { url, proxy } = await serve({ endpoints: [endpoint.url] });
    const client = connectRaw(url);
    await client.until('101 Switching');
    client.socket.resetAndDestroy();
    await proxy.close();
  });

  test('before the proxy was called makes no attempt', async () => {
    const endpoint = resources.use(await startHttp(answering(200, 'ok')));
    const proxy = resources.use(createBalancingProxy({ endpoints: [endpoint.url] }));
    const upgraded = Promise.withResolvers<Parameters<typeof proxy.upgrade>>();
    const server = http.createServer(proxy).on('upgrade', (...call) => upgraded.resolve(call));
    const client = connectRaw(resources.use(await listen(server)).url);
    const call = await upgraded.promise;
    call[1].destroy();
    await client.closed();
    proxy.upgrade(...call);
    await proxy.close();
    proxy.upgrade(...call);
    expect(endpoint.accepted).toBe(0);
  });

  test('while its refusal is streamed cancels that', async () => {
    const endpoint = resources.use(await startHttp((_, res) => void res.writeHead(403).write('half')));
    const { url } = await serve({ endpoints: [endpoint.url] });
    const client = connectRaw(url);
    await client.until('half');
    client.socket.end();
    await endpoint.idle();
  });
});

describe('an endpoint that goes away', () => {
  const ways: ReadonlyArray<readonly [string, (socket: Socket) => void]> = [
    ['resets', (socket) => void setImmediate().then(() => socket.resetAndDestroy())],
    ['closes', (socket) => void setImmediate().then(() => socket.destroy())],
    ['ends its side', (socket) => socket.end()],
  ];

  test.each(ways)('and %s closes the connection to the client', async (_, leave) => {
    const endpoint = resources.use(await startSwitching(leave));
    const served = await serve({ endpoints: [endpoint.url] });
    await connectRaw(served.url).closed();
    await served.proxy.close();
    expect(ended(served)).toMatchObject([{ error: undefined, status: 101, bytes: 0 }]);
  });

  test('leaves what it has said whole to a client that is slow and talks on', async () => {
    const length = 500_000;
    const ended = Promise.withResolvers<void>();
    const endpoint = resources.use(
      await startSwitching((socket) => void socket.once('finish', ended.resolve).end('y'.repeat(length))),
    );
    const { url, server, proxy } = await serve({ endpoints: [endpoint.url] });
    const client = connectRaw(url);
    client.socket.pause();
    await ended.promise;
    let isClosed = false;
    const closing = proxy.close().then(() => {
      isClosed = true;
    });
    await turns(20);
    client.socket.write('are you there?');
    await turns(20);
    expect(isClosed).toBe(false);
    client.socket.resume();
    expect((await client.closed()).length).toBe(switching.length + length);
    await Promise.all([server.idle(), closing]);
  });

  test.each(ways)('and %s while the headers of its acceptance are rewritten is a 502', async (_, leave) => {
    const endpoint = resources.use(await startSwitching(leave));
    const rewriteResponse = async () => {
      await endpoint.idle();
      // The proxy hears of it in one of the next turns.
      await turns(5);
      return {};
    };
    const { url } = await serve({ endpoints: [endpoint.url], rewriteResponse });
    expect(await connectRaw(url).closed()).toMatch(/^HTTP\/1.1 502 /);
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
    expect(await connectRaw(url).closed()).toMatch(/^HTTP\/1.1 502 (?!.*Injected)/s);
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

describe('a WebSocket', () => {
  test('that is idle for longer than all timeouts stays open', async () => {
    const echo = resources.use(await startEcho({}, hanging));
    const times = { connectMs: 30, responseMs: 30, idleMs: 30, totalMs: 30 };
    const { url } = await serve({ endpoints: [echo.url], timeouts: times });
    const client = await open(url);
    for (let i = 0; i < 3; i++) expect((await request(url)).status).toBe(504);
    client.send('still here');
    expect(String((await once(client, 'message'))[0])).toBe('still here');
  });

  test('has a client that TCP asks after silence whether it is still there', async () => {
    const endpoint = resources.use(await startSwitching());
    const proxy = resources.use(createBalancingProxy({ endpoints: [endpoint.url] }));
    const probes: unknown[] = [];
    const server = http.createServer().on('upgrade', (req, socket, head) => {
      (socket as Socket).setKeepAlive = (...settings) => {
        probes.push(settings);
        return socket as Socket;
      };
      proxy.upgrade(req, socket, head);
    });
    const client = connectRaw(resources.use(await listen(server)).url);
    await client.until('101 Switching');
    expect(probes).toEqual([[true, 30_000]]);
    client.socket.destroy();
  });

  test('is waited for by close()', async () => {
    const echo = resources.use(await startEcho());
    const { url, proxy, events } = await serve({ endpoints: [echo.url] });
    const client = await open(url);
    let isClosed = false;
    const closing = proxy.close().then(() => {
      isClosed = true;
    });
    expect((await request(url)).status).toBe(503);
    client.send('still here');
    await once(client, 'message');
    expect([isClosed, events.filter(({ type }) => type === 'request-ended').length]).toEqual([false, 1]);
    client.close();
    await closing;
    expect(events.at(-1)).toMatchObject({ type: 'request-ended', status: 101, winner: echo.url });
  });
});
