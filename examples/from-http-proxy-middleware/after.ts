import { createServer } from 'node:http';
import { createBalancingProxy } from 'balancing-reverse-proxy';
import { interceptResponse } from 'balancing-reverse-proxy/intercept';
import express from 'express';

export function createAfter(stable = ['http://api.internal:3000'], beta = ['http://beta.internal:3000']) {
  const api = createBalancingProxy({
    endpoints: (req) => (req.headers.host === 'beta.example.com' ? beta : stable).map((url) => `${url}/v1`),
    unsafeMethods: 'single',
    timeouts: { responseMs: 10_000, idleMs: 10_000 },
    pathRewrite: { '^/old/': '/new/' },
    rewriteRequest: () => ({ 'X-Gateway': 'one' }),
    rewriteResponse: () => ({ 'X-Powered-By': undefined }),
  });
  const chat = createBalancingProxy({ endpoints: stable, unsafeMethods: 'single' });
  const app = express().disable('x-powered-by');
  app.use(express.json());
  const rename = (body: Buffer) => ({ body: body.toString().replaceAll('api.internal', 'www.example.com') });
  app.use('/api', interceptResponse(api, rename));
  // `pathFilter` leaves the path whole, and so does a route.
  app.all(['/chat', '/chat/{*path}'], chat);
  const server = createServer(app).on('upgrade', (req, socket, head) => {
    if (/^\/chat(?:[/?]|$)/.test(req.url ?? '')) chat.upgrade(req, socket, head);
    else socket.destroy();
  });
  return { server, close: () => Promise.all([api.close(), chat.close()]) };
}
