import { once } from 'node:events';
import { createServer, type IncomingMessage, STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import { setTimeout as pause } from 'node:timers/promises';
import { type BalancingProxyError, createBalancingProxy } from 'balancing-reverse-proxy';
import express, { type ErrorRequestHandler } from 'express';

/** What the app has of its own: the name of the user whose request this is, undefined without a valid login. */
export type UserOf = (req: IncomingMessage) => string | undefined;

const services = {
  '/orders': ['http://10.0.1.1:3000', 'http://10.0.1.2:3000'],
  '/catalog': ['http://10.0.2.1:3000', 'http://10.0.2.2:3000'],
};

/** One login in front of several services, each of which has endpoints of its own. */
export function createGateway(userOf: UserOf, endpointsByPath: Readonly<Record<string, readonly string[]>> = services) {
  const proxies = new Map(
    Object.entries(endpointsByPath).map(([path, endpoints]) => {
      return [path, createBalancingProxy({ endpoints, strategy: 'failover', unsafeMethods: 'single' })];
    }),
  );
  let isStopping = false;
  const app = express().disable('x-powered-by');
  app.get('/healthz', (_req, res) => void res.sendStatus(isStopping ? 503 : 200));
  app.use((req, res, next) => void (admit(req, userOf) ? next() : res.sendStatus(401)));
  for (const [path, proxy] of proxies) app.use(path, proxy);
  app.use(answerError);

  const upgraded = new Set<Duplex>();
  const server = createServer(app).on('upgrade', (req, socket, head) => {
    // Without a listener, a client that resets would end the process.
    socket.on('error', () => {}).on('close', () => upgraded.delete(socket));
    upgraded.add(socket);
    const [, path = '', rest = ''] = /^(\/[^/?]*)\/?(.*)$/.exec(req.url ?? '') ?? [];
    const proxy = admit(req, userOf) ? proxies.get(path) : undefined;
    req.url = `/${rest}`;
    if (proxy) proxy.upgrade(req, socket, head);
    else socket.end('HTTP/1.1 401 Unauthorized\r\nConnection: close\r\n\r\n', () => socket.destroy());
  });

  /** @param noticeMs the time that a load balancer has to see that we are about to go. */
  async function stop(noticeMs = 5_000): Promise<void> {
    isStopping = true;
    await pause(noticeMs);
    server.close();
    for (const socket of upgraded) socket.destroy();
    await Promise.all([once(server, 'close'), ...[...proxies.values()].map((proxy) => proxy.close())]);
  }
  return { server, stop };
}

/** Whether a request may come in. Its user is told to the endpoints, in place of the one that the client claims. */
function admit(req: IncomingMessage, userOf: UserOf): boolean {
  const user = userOf(req);
  delete req.headers['x-user'];
  if (user !== undefined) req.headers['x-user'] = user;
  return user !== undefined;
}

/** Every error as JSON, without a word about endpoints. Express knows an error handler by its four parameters. */
const answerError: ErrorRequestHandler = (error: Partial<BalancingProxyError>, _req, res, next) => {
  if (res.headersSent) return next(error);
  console.error(error, error.attempts);
  const { status = 500, code = 'ERR_INTERNAL', headers = {} } = error;
  res
    .status(status)
    .set(headers)
    .json({ error: { code, message: STATUS_CODES[status] } });
};

if (process.argv[1] === import.meta.filename) {
  const users = new Map([['Bearer abc', 'ann']]);
  const { server, stop } = createGateway((req) => users.get(req.headers.authorization ?? ''));
  server.listen(8080);
  process.once('SIGTERM', () => void stop());
}
