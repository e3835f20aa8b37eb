import { createServer as createHttpServer, type Server } from 'node:http';
import { createAdaptorServer, type HttpBindings } from '@hono/node-server';
import { RESPONSE_ALREADY_SENT } from '@hono/node-server/utils/response';
import { type BalancingProxyError, createBalancingProxy } from 'balancing-reverse-proxy';
import { Hono } from 'hono';

/** Hono on Node, with all under `/api` raced over the endpoints. Errors go to `app.onError`. */
export function createServer(endpoints: readonly string[] = ['https://one.example', 'https://two.example']) {
  const proxy = createBalancingProxy({ endpoints });
  const app = new Hono<{ Bindings: HttpBindings }>();

  // Before middleware that sets headers: the response does not pass it.
  app.all('/api/*', async ({ env: { incoming, outgoing } }) => {
    incoming.url = incoming.url?.slice('/api'.length) ?? '/';
    await new Promise<void>((resolve, reject) => {
      outgoing.once('close', resolve);
      proxy(incoming, outgoing, reject);
    });
    return RESPONSE_ALREADY_SENT;
  });
  app.get('/', (c) => c.text('the app'));
  app.onError((error) => new Response('no endpoint answers', { status: (error as BalancingProxyError).status ?? 500 }));

  const server = createAdaptorServer({ fetch: app.fetch, createServer: createHttpServer }) as Server;
  server.on('upgrade', (req, socket, head) => {
    if (!req.url?.startsWith('/api/')) return socket.destroy();
    req.url = req.url.slice('/api'.length);
    proxy.upgrade(req, socket, head);
  });
  return server;
}

if (process.argv[1] === import.meta.filename) createServer().listen(8080);
