import { createBalancingProxy } from 'balancing-reverse-proxy';
import restify from 'restify';

/** restify, with all under `/api` raced over the endpoints, before its routes and parsers. restify answers errors with their status. */
export function createServer(endpoints: readonly string[] = ['https://one.example', 'https://two.example']) {
  const proxy = createBalancingProxy<restify.Request>({ endpoints });
  const app = restify.createServer();

  app.pre((req, res, next) => {
    if (!req.url?.startsWith('/api/')) return next();
    req.url = req.url.slice('/api'.length);
    proxy(req, res, next);
  });
  app.get('/', (_req, res, next) => {
    res.send('the app');
    next();
  });

  app.server.on('upgrade', (req, socket, head) => {
    if (!req.url?.startsWith('/api/')) return socket.destroy();
    req.url = req.url.slice('/api'.length);
    proxy.upgrade(req, socket, head);
  });
  return app.server;
}

if (process.argv[1] === import.meta.filename) createServer().listen(8080);
