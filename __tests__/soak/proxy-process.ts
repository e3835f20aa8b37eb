import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { createBalancingProxy } from '../../src/index.ts';

// A process of its own for a proxy, so that its memory is its own. Its arguments are the endpoints; its first message is
// its port, and it answers every message with how much its memory has grown since the one before.

const server = http.createServer(createBalancingProxy({ endpoints: process.argv.slice(2) })).listen(0, '127.0.0.1');
server.on('listening', () => process.send?.((server.address() as AddressInfo).port));

let before = process.memoryUsage.rss();
let peak = before;
setInterval(() => {
  peak = Math.max(peak, process.memoryUsage.rss());
}, 5).unref();

process.on('message', () => {
  process.send?.(Math.max(peak, process.memoryUsage.rss()) - before);
  before = process.memoryUsage.rss();
  peak = before;
});
process.on('disconnect', () => process.exit());
