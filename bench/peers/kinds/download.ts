import { Agent } from 'node:http';
import { MiB } from '../../../shared/bytes.ts';
import type { Sample } from '../results/figures.ts';
import type { Settings } from '../works/flags.ts';
import type { Work } from '../works/works.ts';
import { ask, countBytes } from './client.ts';
import type { Bench, Kind, Subject } from './kind.ts';

const warmUpResponses = 100;

/** Throughput and memory of one long response, read by one client. */
export const download: Kind = {
  columns: ['megabytesPerSecond', 'cpuMs', 'grownMiB', 'peakMemoryMiB'],
  maxRounds: 3,
  note: ({ isQuick, downloadBytes }) => (isQuick ? `${downloadBytes / MiB} MiB, because of --quick` : undefined),
  warmUp,
  sample,
};

/** Reads short responses until the heap has its size: any later growth is due to the length of the long response. */
async function warmUp(url: string, _work: Work, _settings: Settings): Promise<void> {
  for (let count = 0; count < warmUpResponses; count++) await read(`${url}/medium`);
}

async function sample({ proxy, work, idle }: Subject, { settings }: Bench): Promise<Sample> {
  const before = await proxy.usage();
  const startedAt = performance.now();
  const bytes = await read(proxy.url + work.path);
  const tookMs = performance.now() - startedAt;
  const after = await proxy.usage();
  if (bytes !== settings.downloadBytes) throw new Error(`${bytes} bytes came instead of ${settings.downloadBytes}`);
  return {
    megabytesPerSecond: bytes / 1_000 / tookMs,
    cpuMs: (after.cpuUs - before.cpuUs) / 1_000,
    grownMiB: Math.max(0, after.peakBytes - idle.memoryBytes) / MiB,
    peakMemoryMiB: after.peakBytes / MiB,
  };
}

async function read(url: string): Promise<number> {
  const agent = new Agent();
  return countBytes(await ask({ url, agent })).finally(() => agent.destroy());
}
