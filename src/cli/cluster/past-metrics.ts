/** What prom-client's `getMetricsAsJSON()` gives for each metric, as far as it matters here. */
interface Metric {
  readonly name: string;
  readonly type: string;
  readonly values: readonly Value[];
}

interface Value {
  readonly value: number;
  readonly labels: Readonly<Record<string, string | number>>;
  /** In histograms, the name of the series. */
  readonly metricName?: string;
}

/** Of what only counts up. What somebody has at this moment, nobody has when they are gone. */
const countingTypes: ReadonlySet<string> = new Set(['counter', 'histogram']);

/**
 * What those processes have counted that are no more: without it the sum of all would go down when a worker ends, which
 * Prometheus takes for a restart, and for many more requests than there were.
 */
export class PastMetrics {
  readonly #metrics = new Map<string, Metric>();

  /** Adds what a process had counted in the end. @param snapshots what `getMetricsAsJSON()` gave there, once or not at all. */
  add(snapshots: readonly object[]): void {
    for (const metric of snapshots.flat() as readonly Metric[]) {
      if (!countingTypes.has(metric.type)) continue;
      const { values = [] } = this.#metrics.get(metric.name) ?? {};
      this.#metrics.set(metric.name, { ...metric, values: sum([...values, ...metric.values]) });
    }
  }

  /** Everything, as one more process would have it. */
  get snapshots(): readonly object[] {
    return this.#metrics.size === 0 ? [] : [[...this.#metrics.values()]];
  }
}

/** One value for each series. */
function sum(values: readonly Value[]): readonly Value[] {
  const bySeries = Map.groupBy(values, ({ metricName, labels }) =>
    JSON.stringify([metricName, Object.entries(labels).sort()]),
  );
  return [...bySeries.values()].map((same) => ({
    ...(same[0] as Value),
    value: same.reduce((total, { value }) => total + value, 0),
  }));
}
