import { once } from 'node:events';
import { Agent } from 'node:http';
import { setTimeout as wait } from 'node:timers/promises';
import { MiB } from '../../../shared/bytes.ts';
import type { Sample } from '../results/figures.ts';
import type { Settings } from '../works/flags.ts';
import type { Work } from '../works/works.ts';
import { ask } from './client.ts';
import type { Bench, Kind, Subject } from './kind.ts';

const idleMs = 2_000;
/** More at once would overflow the queues of connections that wait to be accepted. */
const stepSize = 100;
const stepMs = 10_000;

/** Memory and idle CPU time of many responses that never end. */
export const streams: Kind = {
  columns: ['streamKiB', 'idleCpuMsPerSecond', 'peakMemoryMiB'],
  // Streams of a second round would use the memory that the first ones have left: only the first round counts.
  maxRounds: 1,
  note: ({ isQuick, streams: wanted }) => {
    const count = limitStreams(wanted);
    if (count < wanted) return `${count} streams, because this process may open no more files (ulimit -n)`;
    return isQuick ? `${count} streams, because of --quick` : undefined;
  },
  warmUp: (url: string, { path }: Work, _settings: Settings) => withStreams(url + path, stepSize, async () => {}),
  sample,
};

function sample({ proxy, work, idle }: Subject, { settings }: Bench): Promise<Sample> {
  const count = limitStreams(settings.streams);
  return withStreams(proxy.url + work.path, count, async () => {
    const before = await proxy.usage();
    await wait(idleMs);
    const after = await proxy.usage();
    return {
      streamKiB: (before.memoryBytes - idle.memoryBytes) / 1_024 / count,
      idleCpuMsPerSecond: (after.cpuUs - before.cpuUs) / idleMs,
      peakMemoryMiB: after.peakBytes / MiB,
    };
  });
}

/** Calls back with so many streams open, each of which has brought its first event, and closes them. */
async function withStreams<T>(url: string, count: number, whenOpen: () => Promise<T>): Promise<T> {
  const agent = new Agent();
  const openOne = async (): Promise<void> => {
    const response = await ask({ url, agent });
    // An open stream that is cut at the end is no failure.
    response.on('error', () => {});
    await once(response, 'data');
  };
  try {
    for (let opened = 0; opened < count; opened += stepSize) {
      const step = Array.from({ length: Math.min(stepSize, count - opened) }, openOne);
      await withinStep(Promise.all(step), `only about ${opened} of ${count} streams opened`);
    }
    return await whenOpen();
  } finally {
    agent.destroy();
  }
}

async function withinStep(opening: Promise<unknown>, problem: string): Promise<void> {
  const { promise, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(new Error(problem)), stepMs);
  await Promise.race([opening, promise]).finally(() => clearTimeout(timer));
}

/** A proxy has two connections for each stream, and some files besides. */
function limitStreams(wanted: number): number {
  const report = process.report.getReport() as {
    readonly userLimits?: { readonly open_files?: { readonly soft: unknown } };
  };
  const files = Number(report.userLimits?.open_files?.soft);
  return Number.isFinite(files) ? Math.min(wanted, Math.floor((files - 200) / 2)) : wanted;
}
