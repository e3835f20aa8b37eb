import { collectDefaultMetrics, Registry } from 'prom-client';
import { type Metric, processLabel } from './metric.ts';

/** What is known of this process; one for all, as each costs a timer and an observer of the garbage collector. */
let registry: Registry | undefined;

/** Begins to measure this process, where that was not begun before. */
function measured(): Registry {
  if (registry) return registry;
  registry = new Registry();
  collectDefaultMetrics({ register: registry });
  return registry;
}

/**
 * Begins to measure this process.
 * @param worker the number of the process, for the label of each series.
 * @returns a function that reads `process_*` and `nodejs_*` as they are at the moment.
 */
export function processMetrics(worker: number): () => Promise<readonly Metric[]> {
  const measuring = measured();
  return async () => {
    const metrics = (await measuring.getMetricsAsJSON()) as readonly object[] as readonly Metric[];
    return metrics.filter((metric) => !isSumOfOthers(metric)).map((metric) => labelled(metric, worker));
  };
}

/** Whether a gauge is the sum of another one's series. Its name is one of a counter, such as `nodejs_active_handles_total`. */
function isSumOfOthers({ name, type }: Metric): boolean {
  return type === 'gauge' && name.endsWith('_total');
}

/** The metric of this process, which nothing of another process is added to. */
function labelled(metric: Metric, worker: number): Metric {
  const values = metric.values.map((sample) => ({ ...sample, labels: { ...sample.labels, [processLabel]: worker } }));
  return { ...metric, values, aggregator: 'first' };
}
