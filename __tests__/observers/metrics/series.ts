import type { MetricsRegistry } from '../../../src/observers/metrics/metrics.ts';

/** One line of what Prometheus gets. */
export interface Series {
  readonly name: string;
  readonly labels: Readonly<Record<string, string | number | undefined>>;
  readonly value: number;
}

/** Every series of a registry, those of a histogram by their own names. */
export async function seriesIn(registry: MetricsRegistry): Promise<readonly Series[]> {
  const metrics = await registry.getMetricsAsJSON();
  return metrics.flatMap(({ name, values }) =>
    values.map(({ labels, value, ...rest }) => {
      const { metricName = name } = rest as { readonly metricName?: string };
      return { name: metricName.replace(/^balancing_proxy_/, ''), labels, value };
    }),
  );
}

/** The sum of all series of a metric that have these labels; 0 when there is none. The prefix of the name is left out. */
export async function sumOf(registry: MetricsRegistry, metric: string, wanted: Series['labels'] = {}): Promise<number> {
  const series = await seriesIn(registry);
  return series
    .filter(({ name, labels }) => name === metric && Object.entries(wanted).every(([key, is]) => labels[key] === is))
    .reduce((sum, { value }) => sum + value, 0);
}

/** The values that a label has in the series of a metric. */
export async function labelsOf(registry: MetricsRegistry, metric: string, label: string): Promise<readonly unknown[]> {
  const series = await seriesIn(registry);
  return [...new Set(series.filter(({ name }) => name === metric).map(({ labels }) => labels[label]))];
}
