import { once } from 'node:events';
import http, { type IncomingMessage } from 'node:http';
import { Server as SocketServer } from 'socket.io';
import { io, type Socket } from 'socket.io-client';
import { WebSocket } from 'ws';
import { createChat } from '../../examples/websockets.ts';
import { leakCheckedResources } from '../helpers/leaks.ts';
import { request } from '../helpers/proxy.ts';
import type { TestServer } from '../helpers/servers.ts';
import { until } from '../helpers/until.ts';

const resources = leakCheckedResources();

/** Logged in is who says `Bearer` and a name. */
const userOf = (req: IncomingMessage) => /^Bearer (\w+)$/.exec(req.headers.authorization ?? '')?.[1];

/** Starts a socket.io server that tells its name and whom it takes the client for. */
async function startChatServer(name: string, place?: { readonly port: number }): Promise<TestServer> {
  const sockets = new SocketServer({ connectionStateRecovery: {} });
  const server = http.createServer();
  sockets.attach(server);
  sockets.on('connection', (socket) => {
    socket.on('who', (answer: (said: object) => void) => answer({ name, user: socket.request.headers['x-user'] }));
  });
  const started = await resources.listen(server, place);
  resources.use({ close: () => sockets.close() });
  return started;
}

/** Serves the example in front of three servers. */
async function serve() {
  const servers = await Promise.all(['one', 'two', 'three'].map((name) => startChatServer(name)));
  const { server, proxy } = createChat(
    userOf,
    servers.map(({ url }) => url),
  );
  resources.use(proxy);
  const { url } = await resources.listen(server);
  return { url, servers };
}

/** A client of socket.io, closed after the test. */
function clientOf(url: string, user: string, settings: object = {}): Socket {
  const headers = { extraHeaders: { authorization: `Bearer ${user}`, 'x-user': 'root' } };
  const socket = io(url, { ...headers, forceNew: true, reconnectionDelay: 10, ...settings });
  resources.use(socket);
  return socket;
}

/** Resolves with what the server of this client says. */
const whoAnswers = (client: Socket): Promise<{ readonly name: string; readonly user: string }> =>
  client.timeout(30_000).emitWithAck('who');

test('a session of long polling stays with the server that began it', async () => {
  const { url } = await serve();
  const client = clientOf(url, 'ann', { transports: ['polling'] });
  const names = new Set<string>();
  for (let i = 0; i < 10; i++) names.add((await whoAnswers(client)).name);
  expect(names.size).toBe(1);
});

test('a session moves on to a WebSocket at the same server', async () => {
  const { url } = await serve();
  const client = clientOf(url, 'ann');
  const { name } = await whoAnswers(client);
  await until(() => client.io.engine.transport.name, 'websocket');
  expect(await whoAnswers(client)).toEqual({ name, user: 'ann' });
});

test('users are spread over all servers, and each one always comes to the same', async () => {
  const { url } = await serve();
  const users = Array.from({ length: 30 }, (_, number) => `user${number}`);
  const nameFor = async (user: string) => {
    const client = clientOf(url, user, { transports: ['websocket'] });
    const { name } = await whoAnswers(client);
    client.close();
    return name;
  };
  const names = await Promise.all(users.map(nameFor));
  expect(new Set(names)).toEqual(new Set(['one', 'two', 'three']));
  expect(await Promise.all(users.map(nameFor))).toEqual(names);
});

test.each(['polling', 'websocket'])('a server that goes loses its users to another one: %s', async (transport) => {
  const { url, servers } = await serve();
  const client = clientOf(url, 'ann', { transports: [transport] });
  const { name } = await whoAnswers(client);
  const { promise: reconnected, resolve } = Promise.withResolvers();
  client.io.once('reconnect', resolve);
  await servers[['one', 'two', 'three'].indexOf(name)]?.close();
  await reconnected;
  expect((await whoAnswers(client)).name).not.toBe(name);
});

test('the user that a client claims is not believed', async () => {
  const { url } = await serve();
  expect(await whoAnswers(clientOf(url, 'ann', { transports: ['polling'] }))).toMatchObject({ user: 'ann' });
  expect(await whoAnswers(clientOf(url, 'bob', { transports: ['websocket'] }))).toMatchObject({ user: 'bob' });
});

test('nobody comes in without a login', async () => {
  const { url } = await serve();
  expect(await request(`${url}/socket.io/?EIO=4&transport=polling`)).toMatchObject({ status: 401 });
  const socket = new WebSocket(`${url.replace('http', 'ws')}/socket.io/?EIO=4&transport=websocket`);
  const [error] = await once(socket, 'error');
  expect(error).toMatchObject({ message: 'Unexpected server response: 401' });
});

test('an upgrade of another path does not reach a server', async () => {
  const { url } = await serve();
  const socket = new WebSocket(`${url.replace('http', 'ws')}/admin`, { headers: { authorization: 'Bearer ann' } });
  const [error] = await once(socket, 'error');
  expect(error).toMatchObject({ message: 'Unexpected server response: 401' });
});
