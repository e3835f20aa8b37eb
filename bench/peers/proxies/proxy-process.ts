import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import type { CreateRow, RowSettings } from '../rows/parts/row.ts';
import { type RowName, rows } from '../rows/rows.ts';

// One row in a process of its own, whose CPU time and memory are then the row's. The first message names the row, and the
// answer is its port; every later message is answered with what the process has used so far.

/** The first message: the row to start, and its endpoints. */
export interface ProxyStart {
  readonly row: RowName;
  readonly settings: RowSettings;
}

/** The CPU time and memory that a proxy process has used since it began. */
export interface Usage {
  readonly cpuUs: number;
  /** Requests that have come in. */
  readonly requests: number;
  readonly memoryBytes: number;
  readonly peakBytes: number;
}

let requests = 0;

async function start({ row, settings }: ProxyStart): Promise<number> {
  const create: CreateRow = rows[row];
  const server = await create(settings);
  server.on('request', () => requests++);
  server.listen({ port: 0, host: '127.0.0.1', backlog: 4_096 });
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

function usage(): Usage {
  const { user, system } = process.cpuUsage();
  return { cpuUs: user + system, requests, memoryBytes: process.memoryUsage.rss(), peakBytes: readPeakBytes() };
}

/** Reads the peak from /proc, because `maxRSS` begins with the peak of the parent process. Without /proc `maxRSS` has to do. */
function readPeakBytes(): number {
  try {
    return Number(/VmHWM:\s+(\d+)/.exec(readFileSync('/proc/self/status', 'utf8'))?.[1]) * 1_024;
  } catch {
    return process.resourceUsage().maxRSS * 1_024;
  }
}

process.once('message', async (message: ProxyStart) => {
  const port = await start(message);
  process.on('message', () => process.send?.(usage()));
  process.send?.(port);
});
process.on('disconnect', () => process.exit());
