import fastifyExpress from '@fastify/express';
import { createBalancingProxy } from 'balancing-reverse-proxy';
import fastify from 'fastify';

/** Fastify with Express inside, with all under `/api` raced over the endpoints. Errors go to `app.setErrorHandler`. */
export async function createServer(endpoints: readonly string[] = ['https://one.example', 'https://two.example']) {
  const proxy = createBalancingProxy({ endpoints });
  const app = fastify();

  await app.register(fastifyExpress);
  app.use('/api', (req, res, next) => {
    // The plugin decodes the path: what the client asked for is in `originalUrl`.
    req.url = req.originalUrl.slice('/api'.length);
    proxy(req, res, next);
  });
  app.get('/', () => 'the app');

  app.server.on('upgrade', (req, socket, head) => {
    if (!req.url?.startsWith('/api/')) return socket.destroy();
    req.url = req.url.slice('/api'.length);
    proxy.upgrade(req, socket, head);
  });
  await app.ready();
  return app.server;
}

if (process.argv[1] === import.meta.filename) (await createServer()).listen(8080);
