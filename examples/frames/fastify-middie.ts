import middie from '@fastify/middie';
import { createBalancingProxy } from 'balancing-reverse-proxy';
import fastify from 'fastify';

/** Fastify with middie, with all under `/api` raced over the endpoints. Errors go to `app.setErrorHandler`. */
export async function createServer(endpoints: readonly string[] = ['https://one.example', 'https://two.example']) {
  const proxy = createBalancingProxy({ endpoints });
  const app = fastify();

  await app.register(middie);
  app.use('/api', proxy);
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
