import { createBalancingProxy } from 'balancing-reverse-proxy';
import { createServer as createVite, type Plugin } from 'vite';

/** A plugin for Vite's dev server, in the place of `server.proxy`, with all under `/api` raced over the endpoints. */
export function balancingProxy(endpoints: readonly string[]): Plugin {
  return {
    name: 'balancing-proxy',
    configureServer({ middlewares, httpServer }) {
      const proxy = createBalancingProxy({ endpoints });
      // Vite would answer errors with 500 and a page of its own; without a third argument the proxy answers them itself.
      middlewares.use('/api', (req, res) => proxy(req, res));
      // Other upgrades are Vite's own, of hot reloading.
      httpServer?.on('upgrade', (req, socket, head) => {
        if (!req.url?.startsWith('/api/')) return;
        req.url = req.url.slice('/api'.length);
        proxy.upgrade(req, socket, head);
      });
    },
  };
}

/** The dev server; usually `plugins: [balancingProxy([...])]` stands in vite.config.ts. */
export function createServer(endpoints: readonly string[] = ['https://one.example', 'https://two.example']) {
  const server = { host: '127.0.0.1', port: 8080 };
  return createVite({ root: import.meta.dirname, configFile: false, server, plugins: [balancingProxy(endpoints)] });
}

if (process.argv[1] === import.meta.filename) await (await createServer()).listen();
