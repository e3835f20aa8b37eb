import { once } from 'node:events';
import http from 'node:http';
import net, { type Socket } from 'node:net';
import { setImmediate } from 'node:timers/promises';
import { createBalancingProxy } from '../../src/index.ts';
import { request, type ServedProxy } from '../helpers/proxy.ts';
import { answering, hanging, startHttp } from '../helpers/servers.ts';
import { turns } from '../helpers/turns.ts';
import { connectRaw, startEcho, startSwitching, switching } from '../helpers/upgrades.ts';
import { open, resources, serve } from './opened-websocket.ts';

const ended = ({ events }: ServedProxy) => events.filter(({ type }) => type === 'request-ended');

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
    const endpoint = await resources.listen(
      net.createServer({ allowHalfOpen: true }, (socket) => {
        socket.once('data', () => socket.write(switching)).once('end', () => socket.end('farewell'));
      }),
    );
    const { url } = await serve({ endpoints: [endpoint.url] });
    const client = connectRaw(url, { allowHalfOpen: true });
    await client.until('101 Switching');
    client.socket.end();
    expect((await client.closed()).endsWith('farewell')).toBe(true);
  });

  test('with a reset is not waited for when the endpoint keeps its side open', async () => {
    const endpoint = await resources.listen(
      net.createServer({ allowHalfOpen: true }, (socket) =>
        socket.on('error', () => {}).once('data', () => socket.write(switching)),
      ),
    );
    const { url, proxy } = await serve({ endpoints: [endpoint.url] });
    const client = connectRaw(url);
    await client.until('101 Switching');
    client.socket.resetAndDestroy();
    await proxy.close();
  });

  test('before the proxy was called makes no attempt', async () => {
    const endpoint = await resources.start(answering(200, 'ok'));
    const proxy = resources.use(createBalancingProxy({ endpoints: [endpoint.url] }));
    const upgraded = Promise.withResolvers<Parameters<typeof proxy.upgrade>>();
    const server = http.createServer(proxy).on('upgrade', (...call) => upgraded.resolve(call));
    const client = connectRaw((await resources.listen(server)).url);
    const call = await upgraded.promise;
    call[1].destroy();
    await client.closed();
    proxy.upgrade(...call);
    await proxy.close();
    proxy.upgrade(...call);
    expect(endpoint.accepted).toBe(0);
  });

  test('while its refusal is streamed cancels that', async () => {
    const endpoint = await resources.start((_, res) => void res.writeHead(403).write('half'));
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
    const client = connectRaw((await resources.listen(server)).url);
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
