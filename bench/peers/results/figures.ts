import { median } from '../../statistics/quantiles.ts';

/** How a figure is shown. */
interface Format {
  readonly label: string;
  readonly decimals: number;
}

/** Everything that is measured, by name. */
export const figures = {
  cpuUs: { label: 'CPU µs/request', decimals: 0 },
  requestsPerSecond: { label: 'requests/s', decimals: 0 },
  p50Ms: { label: 'p50 ms', decimals: 2 },
  p99Ms: { label: 'p99 ms', decimals: 2 },
  connectionsPerRequest: { label: 'new connections/request', decimals: 3 },
  peakMemoryMiB: { label: 'peak memory MiB', decimals: 0 },
  cpuMs: { label: 'CPU ms/download', decimals: 0 },
  megabytesPerSecond: { label: 'MB/s', decimals: 0 },
  grownMiB: { label: 'memory growth MiB', decimals: 0 },
  streamKiB: { label: 'memory KiB/stream', decimals: 1 },
  idleCpuMsPerSecond: { label: 'idle CPU ms/s', decimals: 1 },
} as const satisfies Readonly<Record<string, Format>>;

/** The name of a figure. */
export type Figure = keyof typeof figures;

/** The figures of one look at a row, or the medians of several. */
export type Sample = Readonly<Partial<Record<Figure, number>>>;

/** The median of each figure by itself. */
export function mediansOf(samples: readonly Sample[]): Sample {
  const names = new Set(samples.flatMap((sample) => Object.keys(sample) as Figure[]));
  return Object.fromEntries(
    [...names].map((name) => [
      name,
      median(samples.map((sample) => sample[name]).filter((value) => value !== undefined)),
    ]),
  );
}
