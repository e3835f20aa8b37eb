import { quantile } from '../statistics/quantiles.ts';
import type { Result } from './run-scenario.ts';

/** The latencies of a scenario in milliseconds, ascending. */
export function sortedLatencies({ samples }: Result): readonly number[] {
  return samples.map(({ latencyMs }) => latencyMs).sort((a, b) => a - b);
}

/** The results as a Markdown table. */
export function latencyTableOf(results: readonly Result[]): string {
  const head = [
    'strategy',
    'p50 ms',
    'p95 ms',
    'p99 ms',
    'p99.9 ms',
    'success',
    'requests sent per request',
    'CPU load',
  ];
  const rows = results.map((result) => {
    const sorted = sortedLatencies(result);
    const successes = result.samples.filter(({ isSuccess }) => isSuccess).length;
    return [
      result.scenario.name,
      ...[0.5, 0.95, 0.99, 0.999].map((ratio) => quantile(sorted, ratio).toFixed(0)),
      `${((100 * successes) / sorted.length).toFixed(2)} %`,
      result.sentPerRequest.toFixed(3),
      `${(100 * result.cpuLoad.ownRatio).toFixed(0)} %`,
    ];
  });
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  return [line(head), line(['---', ...head.slice(1).map(() => '---:')]), ...rows.map(line)].join('\n');
}
