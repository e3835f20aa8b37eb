import { createBalancingProxy } from 'balancing-reverse-proxy';
import webpack from 'webpack';
import WebpackDevServer, { type Configuration } from 'webpack-dev-server';

/** The part `devServer` of webpack.config.js, in the place of its `proxy`, with all under `/api` raced over the endpoints. */
export function devServerWith(endpoints: readonly string[]): Configuration {
  const proxy = createBalancingProxy({ endpoints });
  return {
    setupMiddlewares: (middlewares) => [{ name: 'balancing-proxy', path: '/api', middleware: proxy }, ...middlewares],
    // Other upgrades are the dev server's own, of hot reloading.
    onListening: ({ server }) => {
      server?.on('upgrade', (req, socket, head) => {
        if (!req.url?.startsWith('/api/')) return;
        req.url = req.url.slice('/api'.length);
        proxy.upgrade(req, socket, head);
      });
    },
  };
}

/** The dev server, as `webpack serve` starts it. */
export function createServer(
  endpoints: readonly string[] = ['https://one.example', 'https://two.example'],
  port = 8080,
) {
  const compiler = webpack({ mode: 'development', context: import.meta.dirname, entry: 'data:text/javascript,' });
  return new WebpackDevServer({ ...devServerWith(endpoints), port }, compiler);
}

if (process.argv[1] === import.meta.filename) await createServer().start();
