import type { LatencySummary } from '../../../endpoints/state/snapshot.ts';
import { round } from '../../../support/round.ts';

/** Percentiles as people and JSON get them: in tenths of a millisecond, null while too little is known. */
export function shownLatency(latencyMs: LatencySummary | undefined): LatencySummary | null {
  if (!latencyMs) return null;
  const { p50, p95, p99 } = latencyMs;
  return { p50: round(p50, 1), p95: round(p95, 1), p99: round(p99, 1) };
}
