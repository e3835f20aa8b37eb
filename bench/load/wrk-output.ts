import type { LoadOutcome } from './load.ts';

const msOf: Readonly<Record<string, number>> = { us: 0.001, ms: 1, s: 1_000, m: 60_000 };

/**
 * Reads what `wrk --latency` prints.
 * @throws Error when the text is something else.
 */
export function parseWrkOutput(output: string): LoadOutcome {
  const rate = /Requests\/sec:\s+([\d.]+)/.exec(output)?.[1];
  if (rate === undefined) throw new Error(`expected the output of wrk --latency, got '${output.slice(0, 200)}'`);
  return {
    requestsPerSecond: Number(rate),
    p50Ms: percentileOf(output, 50),
    p99Ms: percentileOf(output, 99),
    failures: failuresOf(output),
  };
}

function percentileOf(output: string, percent: number): number {
  const [, value, unit = ''] = new RegExp(`^\\s*${percent}%\\s+([\\d.]+)(us|ms|s|m)\\s*$`, 'm').exec(output) ?? [];
  return Number(value) * (msOf[unit] ?? Number.NaN);
}

function failuresOf(output: string): number {
  const [, ...errors] = /Socket errors: connect (\d+), read (\d+), write (\d+), timeout (\d+)/.exec(output) ?? [];
  const statuses = /Non-2xx or 3xx responses: (\d+)/.exec(output)?.[1] ?? 0;
  return errors.reduce((sum, count) => sum + Number(count), Number(statuses));
}
