import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import https from 'node:https';
import type { Socket } from 'node:net';
import { WebSocket, WebSocketServer } from 'ws';
import { createCertificate } from '../../shared/certificate.ts';
import { answering, hanging, refusedUrl, startTcp } from '../helpers/servers.ts';
import { turns } from '../helpers/turns.ts';
import { connectRaw, startEcho, startSwitching, switching } from '../helpers/upgrades.ts';
import { open, resources, serve } from './opened-websocket.ts';

/** Endpoints that take no WebSocket. */
const unwilling: ReadonlyArray<readonly [string, () => Promise<readonly string[]>]> = [
  ['alone', async () => []],
  ['after one that refuses connections', async () => [await refusedUrl()]],
  ['after one that answers 500', async () => [await resources.startAt(answering(500, 'no'))]],
  ['after one that answers 200', async () => [await resources.startAt(answering(200, 'a page'))]],
  ['after one that hangs', async () => [await resources.startAt(hanging)]],
  [
    'after all of these',
    async () => [await refusedUrl(), await resources.startAt(answering(500, 'no')), await resources.startAt(hanging)],
  ],
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
    const endpoint = await resources.startTcp((socket) => {
      socket.once('data', (chunk) => {
        asked.resolve(String(chunk));
        socket.write(head, 'latin1');
      });
    });
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
    const asked: Socket[] = [];
    const acceptTogether = (socket: Socket): void => {
      socket.once('data', () => {
        if (asked.push(socket) === 2) for (const each of asked) each.write(switching);
      });
    };
    const endpoints = [
      await startTcp(acceptTogether),
      await startTcp(acceptTogether),
      await startTcp((socket) => void socket.resume()),
    ];
    const { url } = await serve({ endpoints: endpoints.map((endpoint) => resources.use(endpoint).url) });
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
    const { port } = await resources.listen(server);
    const { url } = await serve({ endpoints: [`https://localhost:${port}`], tls: { ca: cert } });
    const client = new WebSocket(url);
    resources.use({ close: () => client.terminate() });
    expect(String((await once(client, 'message'))[0])).toBe('over TLS');
  });

  test('goes on to the next endpoint after a refusal when the strategy is failover', async () => {
    const spare = resources.use(await startSwitching());
    const { url } = await serve({
      endpoints: [await resources.startAt(answering(403, 'no')), spare.url],
      strategy: 'failover',
    });
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
    const endpoint = await resources.startTcp((socket) => void socket.once('data', () => asked.resolve(socket)));
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
