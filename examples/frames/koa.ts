import http from 'node:http';
import { createBalancingProxy } from 'balancing-reverse-proxy';
import Koa from 'koa';

/** Koa, with all under `/api` raced over the endpoints. Koa answers errors with their status, and tells `app.on('error')` of them. */
export function createServer(endpoints: readonly string[] = ['https://one.example', 'https://two.example']) {
  const proxy = createBalancingProxy({ endpoints });
  const app = new Koa();

  app.use(async (ctx, next) => {
    if (!ctx.path.startsWith('/api/')) return next();
    ctx.url = ctx.url.slice('/api'.length);
    ctx.respond = false;
    await new Promise<void>((resolve, reject) => {
      ctx.res.once('close', resolve);
      proxy(ctx.req, ctx.res, reject);
    });
  });
  app.use((ctx) => {
    ctx.body = 'the app';
  });

  const server = http.createServer(app.callback());
  server.on('upgrade', (req, socket, head) => {
    if (!req.url?.startsWith('/api/')) return socket.destroy();
    req.url = req.url.slice('/api'.length);
    proxy.upgrade(req, socket, head);
  });
  return server;
}

if (process.argv[1] === import.meta.filename) createServer().listen(8080);
