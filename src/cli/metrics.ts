import { loadWithPeer } from './optional-peer.ts';

/** What counts for Prometheus. */
export type MetricsModule = typeof import('../observers/metrics.ts');

/** Wanted only where there is an admin port. @returns undefined when prom-client is not installed. */
export function loadMetrics(): Promise<MetricsModule | undefined> {
  return loadWithPeer(() => import('../observers/metrics.ts'));
}

/** Gives what one or more processes have counted so far, as prom-client writes it in JSON. */
export type MetricsReader = () => Promise<readonly object[]>;
