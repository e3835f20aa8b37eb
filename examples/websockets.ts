import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage } from 'node:http';
import { createBalancingProxy, type EndpointOptions } from 'balancing-reverse-proxy';
import express from 'express';

/** What the app has of its own: the name of the user whose request this is, undefined without a valid login. */
export type UserOf = (req: IncomingMessage) => string | undefined;

/** Several socket.io servers behind one login; each user stays with one of them. */
export function createChat(
  userOf: UserOf,
  servers: readonly string[] = ['http://10.0.0.1:3000', 'http://10.0.0.2:3000'],
) {
  const proxy = createBalancingProxy({
    endpoints: (req) => inOrderFor(String(req.headers['x-user']), servers),
    unsafeMethods: 'single',
    timeouts: { connectMs: 1_000 },
  });
  const app = express();
  // A route leaves the path whole, where `app.use('/socket.io', ...)` would take the prefix off.
  app.all('/socket.io/{*path}', (req, res, next) => void (admit(req, userOf) ? next() : res.sendStatus(401)), proxy);

  const server = createServer(app);
  // Express has no part in upgrades: path and login are looked at here, once more.
  server.on('upgrade', (req, socket, head) => {
    if (req.url?.startsWith('/socket.io/') && admit(req, userOf)) return proxy.upgrade(req, socket, head);
    // Without a listener, a client that resets would end the process.
    socket.on('error', () => {});
    socket.end('HTTP/1.1 401 Unauthorized\r\nConnection: close\r\n\r\n', () => socket.destroy());
  });
  return { server, proxy };
}

/** Whether a request may come in. Its user is told to the endpoints, in place of the one that the client claims. */
function admit(req: IncomingMessage, userOf: UserOf): boolean {
  const user = userOf(req);
  delete req.headers['x-user'];
  if (user !== undefined) req.headers['x-user'] = user;
  return user !== undefined;
}

/**
 * All servers, in an order that the key decides, each a tier of its own: the second is asked when the first is no help. When a
 * server goes, only the keys move that had it first (rendezvous hashing).
 */
function inOrderFor(key: string, servers: readonly string[]): readonly EndpointOptions[] {
  const weighed = servers.map((url) => ({ url, weight: createHash('sha1').update(`${key} ${url}`).digest('hex') }));
  weighed.sort((one, other) => (one.weight < other.weight ? -1 : 1));
  return weighed.map(({ url }, tier) => ({ url, tier }));
}

if (process.argv[1] === import.meta.filename) {
  const sessions = new Map([['session=abc', 'ann']]);
  createChat((req) => sessions.get(req.headers.cookie ?? '')).server.listen(8080);
}
