import http from 'node:http';
import { createBalancingProxy } from 'balancing-reverse-proxy';
import polka from 'polka';

/** polka, with all under `/api` raced over the endpoints. Its own `onError` answers errors with their message: have one that does not. */
export function createServer(endpoints: readonly string[] = ['https://one.example', 'https://two.example']) {
  const proxy = createBalancingProxy({ endpoints });
  const app = polka({
    onError: (error, _req, res) => {
      res.statusCode = Number(Reflect.get(Object(error), 'status') ?? 500);
      res.end('no endpoint answers');
    },
  });

  app.use('/api', proxy);
  app.get('/', (_req, res) => void res.end('the app'));

  const server = http.createServer((req, res) => app.handler(req as polka.Request, res));
  server.on('upgrade', (req, socket, head) => {
    if (!req.url?.startsWith('/api/')) return socket.destroy();
    req.url = req.url.slice('/api'.length);
    proxy.upgrade(req, socket, head);
  });
  return server;
}

if (process.argv[1] === import.meta.filename) createServer().listen(8080);
