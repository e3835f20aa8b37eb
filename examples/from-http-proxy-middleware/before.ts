import { createServer } from 'node:http';
import express from 'express';
import { createProxyMiddleware, fixRequestBody, responseInterceptor } from 'http-proxy-middleware';

export function createBefore(stable = 'http://api.internal:3000', beta = 'http://beta.internal:3000') {
  const api = createProxyMiddleware({
    target: `${stable}/v1`,
    changeOrigin: true,
    xfwd: true,
    proxyTimeout: 10_000,
    selfHandleResponse: true,
    pathRewrite: { '^/old/': '/new/' },
    router: { 'beta.example.com': `${beta}/v1` },
    on: {
      proxyReq: (proxyReq, req) => {
        proxyReq.setHeader('X-Gateway', 'one');
        fixRequestBody(proxyReq, req);
      },
      proxyRes: responseInterceptor(async (body, _proxyRes, _req, res) => {
        res.removeHeader('x-powered-by');
        return body.toString().replaceAll('api.internal', 'www.example.com');
      }),
    },
  });
  const chat = createProxyMiddleware({ target: stable, changeOrigin: true, pathFilter: '/chat' });
  const app = express().disable('x-powered-by');
  app.use(express.json());
  app.use('/api', api);
  app.use(chat);
  const server = createServer(app).on('upgrade', chat.upgrade);
  return { server, close: () => {} };
}
