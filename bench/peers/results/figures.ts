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

export type Figure = keyof typeof figures;

/** What one look at a row has shown, or the medians of several. */
export type Sample = Readonly<Partial<Record<Figure, number>>>;

/** The middle of some numbers, between the two middle ones where there are two; NaN of none. */
export function median(numbers: readonly number[]): number {
  const sorted = [...numbers].sort((a, b) => a - b);
  const middle = sorted.length / 2;
  const at = (index: number) => sorted[index] ?? Number.NaN;
  return sorted.length % 2 === 1 ? at(Math.floor(middle)) : (at(middle - 1) + at(middle)) / 2;
}

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
