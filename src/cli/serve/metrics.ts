import { loadWithPeer } from '../config/optional-peer.ts';

/** What counts for Prometheus. */
type MetricsModule = typeof import('../../observers/metrics/metrics.ts');

/** The metrics of this process, with what merges those of several; or why there is none. */
export type LoadedMetrics =
  | (Pick<MetricsModule, 'mergeMetrics'> &
      ReturnType<MetricsModule['createMetrics']> & { readonly problem?: undefined })
  | { readonly problem: string };

/** Wanted only where there is an admin port. */
export async function loadMetrics(): Promise<LoadedMetrics> {
  const module = await loadWithPeer(() => import('../../observers/metrics/metrics.ts'));
  if (!module) return { problem: 'prom-client is not installed; npm install prom-client' };
  try {
    const { mergeMetrics, createMetrics } = module;
    const { registry, observe, handler } = createMetrics();
    return { mergeMetrics, registry, observe, handler };
  } catch (error) {
    return { problem: (error as Error).message };
  }
}

/** Gives what one or more processes have counted so far, as prom-client writes it in JSON. */
export type MetricsReader = () => Promise<readonly object[]>;
