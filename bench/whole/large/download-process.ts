import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { watchGrownBytes } from '../../../shared/grown-memory.ts';
import { createBalancingProxy } from '../../../src/index.ts';
import { type TransportName, transports } from '../parts/transports.ts';

// A proxy in a process of its own, whose memory and CPU time are then the proxy's. The answer to the first message is its
// port; every later message is answered with what the process has used since the one before.

/** The first message. */
export interface DownloadStart {
  readonly transport: TransportName;
  readonly resume: 'range' | 'replay';
  readonly endpoints: readonly string[];
  readonly ca: string;
}

/** What the process has used since it was last asked. */
export interface DownloadUsage {
  readonly cpuMs: number;
  readonly grownBytes: number;
}

async function startProxy({ transport, ca, ...options }: DownloadStart): Promise<number> {
  const proxy = createBalancingProxy({ ...options, tls: { ca }, transport: transports[transport]() });
  const server = createServer(proxy).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

const grownBytes = watchGrownBytes();
let cpu = process.cpuUsage();

function usage(): DownloadUsage {
  const { user, system } = process.cpuUsage(cpu);
  cpu = process.cpuUsage();
  return { cpuMs: (user + system) / 1_000, grownBytes: grownBytes() };
}

process.once('message', async (start: DownloadStart) => {
  const port = await startProxy(start);
  process.on('message', () => process.send?.(usage()));
  process.send?.(port);
});
process.on('disconnect', () => process.exit());
