import { createServer } from 'node:http';
import { createBalancingProxy } from 'balancing-reverse-proxy';
import express from 'express';

export function createAfter(
  stable: readonly string[] = ['http://api.internal:3000'],
  beta: readonly string[] = ['http://beta.internal:3000'],
) {
  const below = (path: string, urls: readonly string[]) => urls.map((url) => url + path);
  const api = createBalancingProxy({
    endpoints: (req) => below('/v1', req.headers.host === 'beta.example.com' ? beta : stable),
    unsafeMethods: 'single',
    timeouts: { responseMs: 10_000, idleMs: 10_000 },
    pathRewrite: { '^/old/': '/new/' },
    rewriteRequest: () => ({ 'X-Gateway': 'one' }),
    rewriteResponse: () => ({ 'X-Powered-By': undefined }),
  });
  const chat = createBalancingProxy({ endpoints: stable, unsafeMethods: 'single' });
  const app = express().disable('x-powered-by');
  app.use(express.json());
  app.use('/api', api);
  // `pathFilter` leaves the path whole, and so does a route.
  app.all(['/chat', '/chat/{*path}'], chat);
  const server = createServer(app).on('upgrade', (req, socket, head) => {
    if (/^\/chat(?:[/?]|$)/.test(req.url ?? '')) chat.upgrade(req, socket, head);
    else socket.destroy();
  });
  return { server, close: () => Promise.all([api.close(), chat.close()]) };
}
