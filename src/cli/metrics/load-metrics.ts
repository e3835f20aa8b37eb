import type { Metrics } from '../../observers/metrics/metrics.ts';
import { loadWithPeer } from '../config/optional-peer.ts';
import type { Log } from '../log/log.ts';

type MetricsModule = typeof import('../../observers/metrics/metrics.ts');
type ProcessModule = typeof import('./process-metrics.ts');

/** The metrics of this process, with the function that merges those of several; or the reason why there are none. */
export type LoadedMetrics =
  | (Pick<MetricsModule, 'mergeMetrics'> &
      Pick<ProcessModule, 'processMetrics'> &
      Pick<Metrics, 'registry' | 'observe'> & { readonly problem?: undefined })
  | { readonly problem: string };

/** Loads the metrics, which are needed only where there is an admin port; the same ones each time. */
export async function loadMetrics(): Promise<LoadedMetrics> {
  const module = await loadWithPeer(() => import('../../observers/metrics/metrics.ts'));
  if (!module) return { problem: 'prom-client is not installed; npm install prom-client' };
  try {
    const { registry, observe } = module.createMetrics();
    const { processMetrics } = await import('./process-metrics.ts');
    return { mergeMetrics: module.mergeMetrics, processMetrics, registry, observe };
  } catch (error) {
    return { problem: (error as Error).message };
  }
}

/** Logs a warning where there are no metrics. */
export function warnOfMetrics(log: Log, { problem }: LoadedMetrics): void {
  if (problem !== undefined) log('warn', `warning: /metrics has nothing to say: ${problem}`);
}
