import { createBalancingProxy } from 'balancing-reverse-proxy';
import fastify from 'fastify';

/** Fastify without a plugin: a route, with its hooks, such as a login, and then the proxy in place of the reply. */
export async function createServer(endpoints: readonly string[] = ['https://one.example', 'https://two.example']) {
  const proxy = createBalancingProxy({ endpoints });
  const app = fastify();

  app.get('/', () => 'the app');
  await app.register(async (scope) => {
    // The body is left for the proxy to read.
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser('*', (_req, _payload, done) => done(null));
    scope.all('/api/*', (req, reply) => {
      reply.hijack();
      req.raw.url = req.url.slice('/api'.length);
      // Without a third argument the proxy answers errors itself: a hijacked reply cannot be sent any more.
      proxy(req.raw, reply.raw);
    });
  });

  app.server.on('upgrade', (req, socket, head) => {
    if (!req.url?.startsWith('/api/')) return socket.destroy();
    req.url = req.url.slice('/api'.length);
    proxy.upgrade(req, socket, head);
  });
  await app.ready();
  return app.server;
}

if (process.argv[1] === import.meta.filename) (await createServer()).listen(8080);
