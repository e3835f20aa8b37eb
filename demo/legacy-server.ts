import { createServer, type Server } from 'node:http';

/** Makes an ordinary server, not yet listening, that answers every request at once with what it was asked for. */
export function createLegacyServer(): Server {
  return createServer((req, res) => {
    req.resume();
    const text = `Hello from the one and only legacy server, asked for ${req.method} ${req.url}\n`;
    res.writeHead(200, { 'Content-Type': 'text/plain; charset=utf-8', 'Content-Length': Buffer.byteLength(text) });
    res.end(text);
  });
}
