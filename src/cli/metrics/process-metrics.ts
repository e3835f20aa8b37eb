import { collectDefaultMetrics, Registry } from 'prom-client';
import { type Metric, processLabel } from './metric.ts';
import { openDescriptors } from './open-descriptors.ts';

/** What is known of this process; one for all, as each costs a timer and an observer of the garbage collector. */
let registry: Registry | undefined;

/**
 * Gauges for which each scrape would look at every single connection, which takes tens of milliseconds with 5,000 of them, and no request goes on
 * in that time. Our own gauges tell as much as `nodejs_active_*`, and the descriptors are counted in another way.
 */
const costly = /^nodejs_active_|^process_open_fds$/;

/** Begins to measure this process, where that was not begun before. */
function measured(): Registry {
  if (registry) return registry;
  registry = new Registry();
  collectDefaultMetrics({ register: registry });
  for (const { name } of registry.getMetricsAsArray()) if (costly.test(name)) registry.removeSingleMetric(name);
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
    return [...metrics, openDescriptorsMetric(await openDescriptors())].map((metric) => labelled(metric, worker));
  };
}

function openDescriptorsMetric(count: number | undefined): Metric {
  const values = count === undefined ? [] : [{ labels: {}, value: count }];
  return {
    name: 'process_open_fds',
    help: 'Number of open file descriptors.',
    type: 'gauge',
    values,
    aggregator: 'first',
  };
}

/** The metric of this process, which nothing of another process is added to. */
function labelled(metric: Metric, worker: number): Metric {
  const values = metric.values.map((sample) => ({ ...sample, labels: { ...sample.labels, [processLabel]: worker } }));
  return { ...metric, values, aggregator: 'first' };
}
