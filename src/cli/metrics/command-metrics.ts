import type { Metric } from './metric.ts';
import { ownMetric, ownMetricOf } from './own-metrics.ts';

/** Facts of the command as a whole, which no worker knows. */
export interface CommandFacts {
  /** The versions of the package and of Node. */
  readonly version: string;
  readonly node: string;
  /** The processes that serve. */
  readonly workers: number;
  /** How many workers were replaced, by why. */
  readonly restarts: Readonly<Record<string, number>>;
  /** How many lines of the log this process has lost; workers tell of theirs. */
  readonly linesLost: number;
  /** How many reloads ended how. */
  readonly reloads: Readonly<Record<string, number>>;
  /** Whether the last reload succeeded. */
  readonly isReloaded: boolean;
  /** When the configuration in use was loaded, in milliseconds since the epoch. */
  readonly loadedAtMs: number;
  /** When certificates are no longer valid, in milliseconds since the epoch, by the flag that names them. */
  readonly expiresAtMs: Readonly<Record<string, number>>;
}

/** The metrics of the command as a whole. */
export function commandMetrics(facts: CommandFacts): readonly Metric[] {
  const { version, node, workers, restarts, linesLost, reloads, isReloaded, loadedAtMs, expiresAtMs } = facts;
  return [
    ownMetricOf('build_info', [{ labels: { version, node }, value: 1 }]),
    ownMetric('workers', workers),
    ownMetric('worker_restarts_total', restarts),
    ownMetric('log_lines_lost_total', linesLost),
    ownMetric('reloads_total', reloads),
    ownMetric('last_reload_successful', Number(isReloaded)),
    ownMetric('last_reload_success_timestamp_seconds', loadedAtMs / 1_000),
    ownMetric('certificate_expiry_timestamp_seconds', inSeconds(expiresAtMs)),
  ];
}

function inSeconds(timesMs: Readonly<Record<string, number>>): Readonly<Record<string, number>> {
  return Object.fromEntries(Object.entries(timesMs).map(([name, ms]) => [name, ms / 1_000]));
}
