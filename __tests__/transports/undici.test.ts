import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { Socket } from 'node:net';
import { text as textOf } from 'node:stream/consumers';
import { queryObjects } from 'node:v8';
import { Agent } from 'undici';
import { upstreamRequest } from '../../src/testing/testing.ts';
import { type UndiciTransportOptions, undiciTransport } from '../../src/transports/undici.ts';
import { Resources } from '../helpers/proxy.ts';
import { answering, startHttp } from '../helpers/servers.ts';
import { until } from '../helpers/until.ts';
import { describeTransport } from './contract.ts';

describeTransport('undiciTransport()', () => undiciTransport());

describe('undiciTransport()', () => {
  const resources = new Resources();
  afterEach(() => resources.closeAll());

  /** Gives a function that sends a request and reads its response. */
  const create = (options?: UndiciTransportOptions) => {
    const transport = resources.use(undiciTransport(options));
    return async (
      url: string,
      more: Parameters<typeof upstreamRequest>[1] = {},
      signal = new AbortController().signal,
    ) => textOf((await transport.send(upstreamRequest(url, more), signal)).body);
  };
  /** Sends a request and cancels it before anything can have become of it. */
  const sendAndCancel = async (send: ReturnType<typeof create>, url: string) => {
    const abort = new AbortController();
    const sending = send(url, {}, abort.signal);
    abort.abort(new Error('enough'));
    await expect(sending).rejects.toThrow('enough');
  };
  /** An endpoint that answers `/slow` when it is told to, and everything else at once. */
  const startSlow = async () => {
    const asked: string[] = [];
    const told = Promise.withResolvers<void>();
    const server = await startHttp(async (req, res) => {
      req.resume();
      asked.push(`${req.method} ${req.url}`);
      if (req.url === '/slow') await told.promise;
      res.end(req.url);
    });
    return { ...resources.use(server), server, asked, answer: told.resolve };
  };

  test('opens no more than `connections`, and the others wait for one', async () => {
    const { server, url, asked, answer } = await startSlow();
    const send = create({ connections: 2 });
    const sending = Array.from({ length: 6 }, () => send(url, { target: '/slow' }));
    await until(() => asked.length, 2);
    answer();
    expect(await Promise.all(sending)).toEqual(Array(6).fill('/slow'));
    expect(server.accepted).toBe(2);
  });

  test('closes an idle connection after `keepAliveTimeoutMs`', async () => {
    const start = async () => resources.start(answering(200, 'ok'));
    const [kept, closed] = [await start(), await start()];
    expect(await create({ keepAliveTimeoutMs: 60_000 })(kept.url)).toBe('ok');
    expect(await create({ keepAliveTimeoutMs: 20 })(closed.url)).toBe('ok');
    await closed.idle();
    expect(kept.sockets.size).toBe(1);
  });

  test('costs no connection when a request is cancelled that waits for one', async () => {
    const { server, url, asked, answer } = await startSlow();
    const send = create({ connections: 1 });
    const first = send(url, { target: '/slow' });
    await until(() => asked.length, 1);
    await sendAndCancel(send, url);
    answer();
    expect(await first).toBe('/slow');
    expect(await send(url)).toBe('/');
    expect([server.accepted, asked]).toEqual([1, ['GET /slow', 'GET /']]);
  });

  test('keeps the connection that was being set up for a request that is cancelled', async () => {
    const server = await resources.start(answering(200, 'ok'));
    const send = create();
    await sendAndCancel(send, server.url);
    await until(() => server.accepted, 1);
    expect(await send(server.url)).toBe('ok');
    expect(server.accepted).toBe(1);
  });

  test('closes the connection of an endpoint that leaves the rest of a request unread after its answer', async () => {
    const server = await resources.startTcp((socket) => {
      socket.once('data', () => {
        socket.pause();
        socket.write('HTTP/1.1 413 Too Large\r\nContent-Length: 2\r\n\r\nno');
      });
    });
    const sockets: Socket[] = [];
    const onConnected = (message: unknown): void => void sockets.push((message as { socket: Socket }).socket);
    subscribe('undici:client:connected', onConnected);
    resources.use({ close: () => unsubscribe('undici:client:connected', onConnected) });
    const send = create({ connections: 1 });
    const length = 20_000_000;
    const headers = ['Host', 'h', 'Content-Length', String(length)];
    expect(await send(server.url, { method: 'POST', headers, body: Buffer.alloc(length) })).toBe('no');
    await until(() => sockets.map(({ destroyed }) => destroyed).join(), 'true');
  });

  const testOnLinux = process.platform === 'linux' ? test : test.skip;

  testOnLinux('forgets endpoints with addresses that come and go, but not their connections', async () => {
    const server = await resources.start(
      (_req, res) => {
        if (_req.url === '/closed') res.setHeader('Connection', 'close');
        res.end('ok');
      },
      { host: '0.0.0.0' },
    );
    const send = create({ keepAliveTimeoutMs: 60_000 });
    const url = `http://localhost:${server.port}`;
    await send(url, { connectTo: '127.0.0.1' });
    const before = queryObjects(Agent, { format: 'count' });
    for (let i = 0; i < 400; i += 20) {
      const sendTo = (n: number) => send(url, { connectTo: `127.0.${1 + (n >> 7)}.${n & 127}`, target: '/closed' });
      await Promise.all(Array.from({ length: 20 }, (_, more) => sendTo(i + more)));
      await until(() => server.sockets.size, 1);
    }
    expect(queryObjects(Agent, { format: 'count' }) - before).toBeLessThan(300);
    await send(url, { connectTo: '127.0.0.1' });
    expect(server.accepted).toBe(401);
  });

  describe('with pipelining', () => {
    const pipelining = { connections: 1, pipelining: 2 };

    test('never ends a body as if it were whole when the connection is reset, another request having ended on it', async () => {
      const isRead = Promise.withResolvers<void>();
      const server = await resources.startTcp((socket) => {
        socket.once('data', () => {
          socket.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\no');
          // The second request is sent when the first one has its head.
          socket.once('data', () => socket.write('kHTTP/1.1 200 OK\r\n\r\nhalf'));
        });
        void isRead.promise.then(() => socket.resetAndDestroy());
      });
      const transport = resources.use(undiciTransport(pipelining));
      const { signal } = new AbortController();
      const [first, second] = await Promise.all([
        transport.send(upstreamRequest(server.url), signal),
        transport.send(upstreamRequest(server.url), signal),
      ]);
      expect(await textOf(first.body)).toBe('ok');
      second.body.once('data', () => isRead.resolve());
      await expect(textOf(second.body)).rejects.toThrow('ECONNRESET');
    });

    test('sends nothing twice when a request is cancelled that waits behind another one', async () => {
      const { server, url, asked, answer } = await startSlow();
      const send = create(pipelining);
      const first = send(url, { method: 'POST', target: '/slow', headers: ['Host', 'h'] });
      await until(() => asked.length, 1);
      await sendAndCancel(send, url);
      answer();
      expect(await first).toBe('/slow');
      expect([server.accepted, asked]).toEqual([1, ['POST /slow']]);
    });

    test('breaks a body off, and asks for nothing again, when a request is cancelled that was sent behind it', async () => {
      const asked: string[] = [];
      const server = await resources.start((req, res) => {
        asked.push(req.url ?? '');
        if (req.url === '/half') res.write('half');
        if (req.url === '/ok') res.end('ok');
      });
      const send = create(pipelining);
      const abort = new AbortController();
      const sending = Promise.allSettled([
        send(server.url, { target: '/half' }),
        send(server.url, { target: '/never' }, abort.signal),
      ]);
      await until(() => asked.length, 2);
      abort.abort(new Error('enough'));
      for (const { status } of await sending) expect(status).toBe('rejected');
      expect(await send(server.url, { target: '/ok' })).toBe('ok');
      expect(asked).toEqual(['/half', '/never', '/ok']);
    });
  });
});
