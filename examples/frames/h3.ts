import http from 'node:http';
import { createBalancingProxy } from 'balancing-reverse-proxy';
import { fromNodeHandler, H3 } from 'h3';
import { toNodeHandler } from 'h3/node';

/** h3, as Nitro and Nuxt have it, with all under `/api` raced over the endpoints. */
export function createServer(endpoints: readonly string[] = ['https://one.example', 'https://two.example']) {
  const proxy = createBalancingProxy({ endpoints });
  const app = new H3();

  app.all(
    '/api/**',
    fromNodeHandler((req, res, next) => {
      req.url = req.url?.slice('/api'.length) ?? '/';
      proxy(req, res, (error) => next(error as Error));
    }),
  );
  app.get('/', () => 'the app');

  const server = http.createServer(toNodeHandler(app));
  server.on('upgrade', (req, socket, head) => {
    if (!req.url?.startsWith('/api/')) return socket.destroy();
    req.url = req.url.slice('/api'.length);
    proxy.upgrade(req, socket, head);
  });
  return server;
}

if (process.argv[1] === import.meta.filename) createServer().listen(8080);
