import { Registry } from 'prom-client';
import { ownMetrics } from '../../src/cli/metrics/own-metrics.ts';
import { processMetrics } from '../../src/cli/metrics/process-metrics.ts';
import { createMetrics } from '../../src/observers/metrics/metrics.ts';

interface Known {
  readonly name: string;
  readonly type: unknown;
  readonly labels: readonly string[];
}

/** The labels of each metric that Prometheus gets from the command, by its name; a histogram has three names. */
export async function labelsByName(): Promise<ReadonlyMap<string, readonly string[]>> {
  const { registry } = createMetrics({ registry: new Registry() });
  const ofProxies = (
    registry.getMetricsAsArray() as unknown[] as Array<Known & { readonly labelNames?: string[] }>
  ).map(({ labelNames = [], ...metric }) => ({ ...metric, labels: labelNames }));
  const ofCommand = Object.entries(ownMetrics).map(([name, one]) => ({ ...one, name: `balancing_proxy_${name}` }));
  const ofProcess = (await processMetrics(0)()).map(({ values, ...metric }) => {
    return { ...metric, labels: [...new Set(['worker', ...values.flatMap(({ labels }) => Object.keys(labels))])] };
  });
  return new Map([...ofProxies, ...ofCommand, ...ofProcess].flatMap(seriesOf));
}

function seriesOf({ name, type, labels }: Known): Array<[string, readonly string[]]> {
  if (type !== 'histogram') return [[name, labels]];
  return [
    [`${name}_bucket`, [...labels, 'le']],
    [`${name}_sum`, labels],
    [`${name}_count`, labels],
  ];
}

/** The names of our metrics in an expression. */
export function metricsIn(expr: string): string[] {
  return expr.match(/\b(?:balancing_proxy|process|nodejs)_\w+/g) ?? [];
}

/** The name of the histogram that a series belongs to; any other name as it is. */
export function histogramOf(name: string): string {
  return name.replace(/_(bucket|sum|count)$/, '');
}

/** The labels that an expression names, in selectors and in `by` and `on`. */
export function labelsNamedIn(expr: string): Array<string | undefined> {
  const matched = [...expr.matchAll(/(\w+)(?:=~|!~|!=|=)"/g)].map(([, label]) => label);
  return [...matched, ...groupedIn(expr)];
}

/** The labels that are left over in an expression. */
export function groupedIn(expr: string): string[] {
  return [...expr.matchAll(/\b(?:by|on) \(([^)]+)\)/g)].flatMap(([, list = '']) => list.split(', '));
}
