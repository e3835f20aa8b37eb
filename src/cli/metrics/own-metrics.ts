import type { Metric, Sample } from './metric.ts';

/** A metric that the command makes itself. */
interface Definition {
  readonly type: 'gauge' | 'counter';
  readonly help: string;
  readonly labels: readonly string[];
}

const gauge = (help: string, ...labels: readonly string[]): Definition => ({ type: 'gauge', help, labels });
const counter = (help: string, ...labels: readonly string[]): Definition => ({ type: 'counter', help, labels });

/** All metrics that only the command has, by their name without {@link prefix}. */
export const ownMetrics = {
  build_info: gauge('Always 1; the labels tell the versions.', 'version', 'node'),
  workers: gauge('Processes that serve requests.'),
  worker_restarts_total: counter('Workers that were replaced, by why.', 'cause'),
  client_connections: gauge('Open connections of clients, by what is spoken on them.', 'protocol'),
  refused_connections_total: counter('Connections of clients that were turned away, by the limit.', 'limit'),
  refused_requests_total: counter('Requests that were answered with 503 because too many were under way.'),
  log_lines_lost_total: counter('Lines of the log that nobody will ever read.'),
  reloads_total: counter('Reloads of the configuration, by how they ended.', 'outcome'),
  last_reload_successful: gauge('Whether the last reload succeeded; 1 before the first one.'),
  last_reload_success_timestamp_seconds: gauge('Time at which the configuration in use was loaded.'),
  certificate_expiry_timestamp_seconds: gauge('Time from which on the certificate is no longer valid.', 'flag'),
} as const satisfies Readonly<Record<string, Definition>>;

/** The beginning of the name of each metric that is ours. */
const prefix = 'balancing_proxy_';

/** One of our metrics with its values. @param values numbers by the value of the metric's only label. */
export function ownMetric(name: keyof typeof ownMetrics, values: Readonly<Record<string, number>> | number): Metric {
  const { labels } = ownMetrics[name];
  const [label = ''] = labels;
  if (typeof values === 'number') return ownMetricOf(name, [{ labels: {}, value: values }]);
  return ownMetricOf(
    name,
    Object.entries(values).map(([each, value]) => ({ labels: { [label]: each }, value })),
  );
}

/** One of our metrics with samples, which may have several labels. */
export function ownMetricOf(name: keyof typeof ownMetrics, values: readonly Sample[]): Metric {
  const { type, help } = ownMetrics[name];
  return { name: `${prefix}${name}`, help, type, values, aggregator: 'sum' };
}
