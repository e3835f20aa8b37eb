import { closeSync, openSync } from 'node:fs';
import http from 'node:http';
import { createBalancingProxy, gotTransport, nodeTransport } from '../../src/index.ts';
import { undiciTransport } from '../../src/transports/undici.ts';
import { listen } from '../helpers/servers.ts';

// A process of its own that can use up all of its file descriptors. Its arguments are the endpoint and the transport, its first
// message is the URL of the proxy.

const ejection = { consecutiveFailures: 1, baseMs: 60_000, maxMs: 60_000 };
const create = [undiciTransport, nodeTransport].find(({ name }) => name === process.argv[3]) ?? gotTransport;
const transport = create();
const proxy = createBalancingProxy({ endpoints: [process.argv[2] ?? ''], ejection, transport });
// A client can be connected before the proxy has connected to anybody, or looked a name up.
const server = await listen(
  http.createServer((req, res) => (req.url === '/own' ? void res.end('own') : proxy(req, res))),
);
const open: number[] = [];

function useAll(): void {
  try {
    for (;;) open.push(openSync('/dev/null', 'r'));
  } catch {
    // That was the last one.
  }
}

process.on('message', (question) => {
  if (question === 'use all') useAll();
  if (question === 'give back') for (const descriptor of open.splice(0)) closeSync(descriptor);
  process.send?.(proxy.endpoints[0] ?? {});
});
process.on('disconnect', () => process.exit());
process.send?.(server.url);
