import { cpus } from 'node:os';

/** How long all cores of this machine have been busy so far, with whatever, and how long they have been there, in milliseconds. */
interface CpuTimes {
  readonly busyMs: number;
  readonly totalMs: number;
}

function cpuTimes(): CpuTimes {
  let busyMs = 0;
  let totalMs = 0;
  for (const { times } of cpus()) {
    const all = times.user + times.nice + times.sys + times.idle + times.irq;
    totalMs += all;
    busyMs += all - times.idle;
  }
  return { busyMs, totalMs };
}

/** How busy the machine is, and how much of that is ours. */
export interface CpuLoad {
  /** The share of all cores, from 0 to 1, that was busy, with whatever. */
  readonly machineRatio: number;
  /** The share of all cores, from 0 to 1, that this process took with all its threads. */
  readonly ownRatio: number;
}

/** Begins to measure. @returns a function that gives the load since then. */
export function measureCpuLoad(): () => CpuLoad {
  const before = cpuTimes();
  const ownBefore = process.cpuUsage();
  return () => {
    const after = cpuTimes();
    const { user, system } = process.cpuUsage(ownBefore);
    const totalMs = after.totalMs - before.totalMs;
    return { machineRatio: (after.busyMs - before.busyMs) / totalMs, ownRatio: (user + system) / 1_000 / totalMs };
  };
}
