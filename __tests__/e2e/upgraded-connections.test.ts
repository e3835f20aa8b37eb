import { once } from 'node:events';
import https from 'node:https';
import net, { type Socket } from 'node:net';
import tls from 'node:tls';
import { createCertificate } from '../../shared/certificate.ts';
import { createBalancingProxy, type RequestEnded } from '../../src/index.ts';
import { leakCheckedResources } from '../helpers/leaks.ts';
import { head, startRaw } from '../helpers/raw.ts';
import { until } from '../helpers/until.ts';
import { connectRaw, serveUpgrades, startSwitching, switching } from '../helpers/upgrades.ts';

const resources = leakCheckedResources();
const serve = async (...settings: Parameters<typeof serveUpgrades>) => resources.use(await serveUpgrades(...settings));

/** Both ends of a connection that was upgraded through a proxy, neither of which ends together with the other. */
interface Ends {
  readonly client: Socket;
  readonly endpoint: Socket;
}

const upgrade = head('GET /chat HTTP/1.1', 'Host: x', 'Connection: Upgrade', 'Upgrade: raw');

/** Takes the handshake off a socket, and what of the new protocol came with it. */
async function afterHead(socket: Socket): Promise<void> {
  let text = '';
  while (!text.includes('\r\n\r\n')) text += (await once(socket, 'data'))[0];
  socket.pause();
}

async function joinOverTcp(): Promise<Ends> {
  const accepted = Promise.withResolvers<Socket>();
  const server = net.createServer({ allowHalfOpen: true }, (socket) => {
    socket
      .on('error', () => {})
      .once('data', () => {
        socket.pause().write(switching);
        accepted.resolve(socket);
      });
  });
  const { url } = await serve({ endpoints: [(await resources.listen(server)).url] });
  const client = net.connect({ port: Number(new URL(url).port), host: '127.0.0.1', allowHalfOpen: true });
  client.on('error', () => {}).write(upgrade);
  await afterHead(client);
  return { client, endpoint: await accepted.promise };
}

async function joinOverTls(): Promise<Ends> {
  const { cert, key } = await createCertificate();
  const accepted = Promise.withResolvers<Socket>();
  const server = tls.createServer({ cert, key, allowHalfOpen: true }, (socket) => {
    socket
      .on('error', () => {})
      .once('data', () => {
        socket.pause().write(switching);
        accepted.resolve(socket);
      });
  });
  const { port } = await resources.listen(server);
  const proxy = resources.use(createBalancingProxy({ endpoints: [`https://localhost:${port}`], tls: { ca: cert } }));
  const front = await resources.listen(https.createServer({ cert, key }, proxy).on('upgrade', proxy.upgrade));
  // Node takes `allowHalfOpen`; its types do not know.
  const target = { port: front.port, host: '127.0.0.1', ca: cert, servername: 'localhost', allowHalfOpen: true };
  const client = tls.connect(target);
  client.on('error', () => {}).write(upgrade);
  await afterHead(client);
  return { client, endpoint: await accepted.promise };
}

/** Reads what the other side says, to its end; our own side stays open. */
async function readUntilEnd(socket: Socket): Promise<string> {
  let text = '';
  socket.on('data', (chunk) => {
    text += chunk;
  });
  await once(socket.resume(), 'end');
  return text;
}

describe.each([
  ['TCP', joinOverTcp],
  ['TLS', joinOverTls],
])('an upgraded connection over %s', (_, join) => {
  test.each([
    ['client', 'endpoint'],
    ['endpoint', 'client'],
  ] as const)('still carries what the %s gets when it has said all itself', async (quiet, talker) => {
    const ends = await join();
    ends[quiet].end('my last word');
    expect(await readUntilEnd(ends[talker])).toBe('my last word');
    const text = readUntilEnd(ends[quiet]);
    ends[talker].write('there is ');
    await new Promise((resolve) => ends[talker].write('more', resolve));
    ends[talker].end(' to say');
    expect(await text).toBe('there is more to say');
  });
});

describe('an upgraded connection', () => {
  test.each([
    ['client', 'endpoint'],
    ['endpoint', 'client'],
  ] as const)('that the %s resets is reset for the %s', async (from, to) => {
    const ends = await joinOverTcp();
    const error = once(ends[to], 'error');
    ends[to].resume();
    ends[from].resetAndDestroy();
    expect((await error)[0]).toMatchObject({ code: 'ECONNRESET' });
  });

  test('closes without a reset when the endpoint has closed and the client talks on', async () => {
    const { client, endpoint } = await joinOverTcp();
    const closed = once(client, 'close');
    endpoint.end('my last word', () => endpoint.destroy());
    expect(await readUntilEnd(client)).toBe('my last word');
    client.write('are you there?');
    client.end();
    const [hadError] = await closed;
    expect(hadError).toBe(false);
  });

  test.each(['HTTP/1.1 101 ', 'HTTP/1.1 101 As You Like'])(
    'begins with the status line of the endpoint: %j',
    async (line) => {
      const answer = switching.replace(/^.*/, line);
      const endpoint = resources.use(await startSwitching(undefined, answer));
      const { url } = await serve({ endpoints: [endpoint.url] });
      const client = connectRaw(url);
      expect(await client.until('\r\n\r\n')).toBe(answer);
      client.socket.destroy();
    },
  );

  test('is broken off when the client reads nothing for `clientMs`', async () => {
    const endpoint = resources.use(
      await startSwitching((socket) => {
        const part = Buffer.alloc(65_536);
        const write = (): void => {
          while (socket.write(part));
        };
        socket.on('drain', write);
        write();
      }),
    );
    const { url, proxy } = await serve({ endpoints: [endpoint.url], timeouts: { clientMs: 100 } });
    const ended = Promise.withResolvers<RequestEnded>();
    proxy.subscribe((event) => event.type === 'request-ended' && ended.resolve(event));
    const { socket } = connectRaw(url);
    socket.pause();
    expect(await ended.promise).toMatchObject({ status: 101, error: { code: 'ERR_BRP_CLIENT_TIMEOUT' } });
    await endpoint.idle();
    socket.destroy();
  });

  test('is not broken off for `clientMs` while the client reads', async () => {
    const endpoint = resources.use(await startSwitching((socket) => void socket.end('x'.repeat(5_000_000))));
    const { url, proxy } = await serve({ endpoints: [endpoint.url], timeouts: { clientMs: 10_000 } });
    const text = await connectRaw(url).closed();
    expect(text.length).toBe(switching.length + 5_000_000);
    await proxy.close();
  });
});

describe('an upgrade in HTTP/1.0', () => {
  test('is served as if it did not ask', async () => {
    const endpoint = resources.use(await startRaw(`${head('HTTP/1.1 200 OK', 'Content-Length: 6')}a page`));
    const { url } = await serve({ endpoints: [endpoint.url] });
    const client = connectRaw(url, { head: upgrade.replace('HTTP/1.1', 'HTTP/1.0') });
    expect(await client.closed()).toMatch(/^HTTP\/1.1 200 .*a page$/s);
    expect(endpoint.requests[0]?.headers.join()).not.toMatch(/upgrade/i);
  });
});

describe('a client whose connection the app has destroyed', () => {
  test('is not waited for once the endpoint has ended, too', async () => {
    const upgraded = Promise.withResolvers<Socket>();
    const endpoint = await resources.listen(
      net.createServer({ allowHalfOpen: true }, (socket) => {
        socket.on('error', () => {}).once('data', () => socket.write(switching, () => upgraded.resolve(socket)));
      }),
    );
    const { url, server, proxy } = await serve({ endpoints: [endpoint.url] });
    await connectRaw(url).until('101 Switching');
    for (const socket of server.sockets) socket.destroy();
    await until(() => server.sockets.size, 0);
    const startedAt = performance.now();
    (await upgraded.promise).end('last words');
    await until(() => proxy.endpoints[0]?.inFlight, 0);
    expect(performance.now() - startedAt).toBeLessThan(4_000);
  });
});
