import http from 'node:http';
import { App } from '@tinyhttp/app';
import { createBalancingProxy } from 'balancing-reverse-proxy';

/** tinyhttp, with all under `/api` raced over the endpoints. Errors go to `onError`. */
export function createServer(endpoints: readonly string[] = ['https://one.example', 'https://two.example']) {
  const proxy = createBalancingProxy({ endpoints });
  const app = new App({
    onError: (error, _req, res) => void res.status(error.status ?? 500).end('no endpoint answers'),
  });

  app.use('/api', proxy);
  app.get('/', (_req, res) => void res.end('the app'));

  const server = http.createServer((req, res) => app.handler(req as never, res as never));
  server.on('upgrade', (req, socket, head) => {
    if (!req.url?.startsWith('/api/')) return socket.destroy();
    req.url = req.url.slice('/api'.length);
    proxy.upgrade(req, socket, head);
  });
  return server;
}

if (process.argv[1] === import.meta.filename) createServer().listen(8080);
