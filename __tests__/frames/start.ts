/**
 * Serves the example of a frame and prints its port: `node start.ts koa.ts http://127.0.0.1:1 http://127.0.0.1:2`. Runs under Node, Deno and
 * Bun, until nobody writes to its standard input any more.
 */
import type { AddressInfo, Server } from 'node:net';

const [file = '', ...endpoints] = process.argv.slice(2);
process.env.ENDPOINTS = endpoints.join();
process.stdin.resume().once('end', () => process.exit());
const { createServer } = await import(`../../examples/frames/${file}`);

/** Dev servers listen by themselves. */
async function startServer(): Promise<Server> {
  if (file === 'vite.ts') return (await (await createServer(endpoints)).listen(0)).httpServer;
  if (file !== 'webpack.ts') return (await createServer(endpoints)).listen(0, '127.0.0.1');
  const devServer = createServer(endpoints, 0);
  await devServer.start();
  return devServer.server;
}

const server = await startServer();
const tell = (): void => console.log(`port ${(server.address() as AddressInfo).port}`);
if (server.listening) tell();
else server.once('listening', tell);
