import { once } from 'node:events';
import http, { type RequestListener, type ServerResponse } from 'node:http';
import https from 'node:https';
import net from 'node:net';
import tls from 'node:tls';
import { createCertificate } from '../../../../shared/certificate.ts';
import { Connections } from '../../../../src/cli/serve/clients/connections.ts';
import { Resources } from '../../../helpers/proxy.ts';
import { answering } from '../../../helpers/servers.ts';

const resources = new Resources();
afterEach(() => resources.closeAll());

const head = 'GET / HTTP/1.1\r\nHost: a\r\n\r\n';

interface Kind {
  readonly create: (listener: RequestListener) => http.Server | https.Server;
  readonly connect: (port: number) => net.Socket;
}

const certificate = await createCertificate();
const kinds: ReadonlyArray<readonly [string, Kind]> = [
  ['http', { create: (listener) => http.createServer(listener), connect: (port) => net.connect(port, '127.0.0.1') }],
  [
    'https',
    {
      create: (listener) => https.createServer(certificate, listener),
      connect: (port) => tls.connect({ host: '127.0.0.1', port, ca: certificate.cert }),
    },
  ],
];

/** A server, and a client whose connection has had one response and is idle. */
async function serveIdle({ create, connect }: Kind, listener: RequestListener = answering(200, 'hello')) {
  const server = create(listener);
  const connections = new Connections(server);
  const { port } = await resources.listen(server);
  const socket = connect(port).setEncoding('utf8');
  resources.use({ close: () => socket.destroy() });
  socket.write(head);
  await once(socket, 'data');
  return { server, connections, socket };
}

function close(connections: Connections, limitMs = 0): Promise<void> {
  connections.refuse();
  return connections.finish(limitMs);
}

/** Everything that comes until the connection is closed. */
async function readOn(socket: net.Socket): Promise<string> {
  return (await socket.toArray()).join('');
}

describe.each(kinds)('closing the connections of a server of %s', (_, kind) => {
  test('answers a request that nobody has read yet, and says that it is the last one', async () => {
    const { connections, socket } = await serveIdle(kind);
    socket.write(head);
    const closed = close(connections);
    const text = await readOn(socket);
    expect(text).toMatch(/^HTTP\/1.1 200 OK\r\n.*Connection: close\r\n.*hello$/s);
    await closed;
  });

  test('answers a request whose head is still coming', async () => {
    const { connections, socket } = await serveIdle(kind);
    socket.write(head.slice(0, 20));
    const closed = close(connections);
    setImmediate(() => socket.write(head.slice(20)));
    expect(await readOn(socket)).toMatch(/^HTTP\/1.1 200 OK\r\n/);
    await closed;
  });

  test('answers the next request of a client that could not be told by the response before', async () => {
    const begun = Promise.withResolvers<ServerResponse>();
    let count = 0;
    const { connections, socket } = await serveIdle(kind, (_, res) => {
      count++;
      if (count !== 2) return void res.end('hello');
      res.setHeader('Content-Length', 5).write('h');
      begun.resolve(res);
    });
    socket.write(head);
    const res = await begun.promise;
    const closed = close(connections);
    const received = readOn(socket);
    res.end('ello', () => socket.write(head));
    expect((await received).match(/HTTP\/1.1 200 OK/g)).toHaveLength(2);
    await closed;
  });

  test('ends what stays idle, well before the limit of whoever waits', async () => {
    const { connections, socket } = await serveIdle(kind);
    const received = readOn(socket);
    // Longer than that, nobody would wait for an idle client.
    await close(connections, 20);
    expect(await received).toBe('');
  });

  test('accepts no other one, and does not make its clients try until all others have been told the same', async () => {
    const { server, connections, socket } = await serveIdle(kind);
    connections.refuse();
    expect(server.listening).toBe(false);
    socket.write(head);
    expect(String(await once(socket, 'data'))).toMatch(/Connection: keep-alive/);
    await connections.finish(20);
  });
});
