import http from 'node:http';
import next from 'next';
import { raced } from './raced.js';

/** A server of one's own for Next, with all under `/raced` raced over the endpoints, upgrades included; Next has the rest. */
export async function createServer() {
  const server = http.createServer();
  const app = next({ dev: process.env.NODE_ENV !== 'production', dir: import.meta.dirname, httpServer: server });
  await app.prepare();
  const handle = app.getRequestHandler();
  const handleUpgrade = app.getUpgradeHandler();

  server.on('request', (req, res) => {
    if (!req.url?.startsWith('/raced/')) return void handle(req, res);
    req.url = req.url.slice('/raced'.length);
    raced(req, res);
  });
  server.on('upgrade', (req, socket, head) => {
    if (!req.url?.startsWith('/raced/')) return void handleUpgrade(req, socket, head);
    req.url = req.url.slice('/raced'.length);
    raced.upgrade(req, socket, head);
  });
  return server;
}

if (process.argv[1] === import.meta.filename) (await createServer()).listen(8080);
