import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { setImmediate } from 'node:timers/promises';
import { watchGrownBytes } from '../../shared/grown-memory.ts';
import { createBalancingProxy } from '../../src/index.ts';
import { activeResources } from '../helpers/leaks.ts';

// A process of its own for a proxy, so that its memory and its sockets are its own. Its arguments are the endpoints, its
// first message is its port. It answers `grown?` with the most bytes that it has taken since the last time, `needed?`
// with the bytes of its heap that are no garbage, and `open?` with what keeps it alive.

const proxy = createBalancingProxy({ endpoints: process.argv.slice(2) });
const server = http.createServer(proxy).listen(0, '127.0.0.1');
server.on('listening', () => process.send?.((server.address() as AddressInfo).port));

async function neededBytes(): Promise<number> {
  for (let round = 0; round < 5; round++) {
    await setImmediate();
    globalThis.gc?.();
  }
  return process.memoryUsage().heapUsed;
}

const answers: Readonly<Record<string, () => unknown>> = {
  'grown?': watchGrownBytes(),
  'needed?': neededBytes,
  'open?': activeResources,
};

process.on('message', async (question: string) => process.send?.(await answers[question]?.()));
process.on('disconnect', () => process.exit());
