/** What counts for Prometheus. */
export type MetricsModule = typeof import('../observers/metrics.ts');

/** prom-client is an optional peer, so it is loaded only for an admin port. @returns undefined when it is not installed. */
export async function loadMetrics(): Promise<MetricsModule | undefined> {
  try {
    return await import('../observers/metrics.ts');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ERR_MODULE_NOT_FOUND') throw error;
    return undefined;
  }
}

/** Gives what one or more processes have counted so far, as prom-client writes it in JSON. */
export type MetricsReader = () => Promise<readonly object[]>;
