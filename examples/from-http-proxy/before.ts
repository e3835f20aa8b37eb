import http from 'node:http';
import httpProxy from 'http-proxy';

export function createBefore(target = 'http://api.internal:3000') {
  const proxy = httpProxy.createProxyServer({
    target,
    changeOrigin: true,
    xfwd: true,
    proxyTimeout: 10_000,
    autoRewrite: true,
    cookieDomainRewrite: '',
  });
  proxy.on('proxyReq', (proxyReq) => proxyReq.setHeader('X-Gateway', 'one'));
  proxy.on('proxyRes', (proxyRes) => delete proxyRes.headers['x-powered-by']);
  proxy.on('error', (_error, _req, res) => {
    if (res instanceof http.ServerResponse && !res.headersSent) res.writeHead(502).end('Bad Gateway');
    else res.destroy();
  });
  const server = http.createServer((req, res) => proxy.web(req, res));
  server.on('upgrade', (req, socket, head) => proxy.ws(req, socket, head));
  return { server, close: () => proxy.close() };
}
