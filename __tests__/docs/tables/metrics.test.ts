import { Registry } from 'prom-client';
import { ownMetrics } from '../../../src/cli/metrics/own-metrics.ts';
import { endpointStates } from '../../../src/endpoints/state/snapshot.ts';
import { createMetrics } from '../../../src/observers/metrics/metrics.ts';
import { choicesNamed, fieldsOf } from './declarations.ts';
import { codeIn, paragraphOf, tableOf, valuesListedFor, withoutAsides } from './tables.ts';

/** A metric as prom-client keeps it, which has no type for that. */
interface Metric {
  readonly name: string;
  readonly labelNames: readonly string[];
  readonly constructor: { readonly name: string };
  readonly upperBounds?: readonly number[];
}

const prefix = 'balancing_proxy_';
const registry = new Registry();
createMetrics({ registry });
const metrics = (registry.getMetricsAsArray() as unknown[] as Metric[]).map((metric) => ({
  name: metric.name.replace(prefix, ''),
  type: metric.constructor.name.toLowerCase(),
  labels: [...metric.labelNames],
}));

const columns = ['type', 'labels', 'meaning'] as const;

/** A row for each metric, also where a table tells of several in one. */
const eachOf = (metrics: string, { type, labels, meaning }: Readonly<Record<(typeof columns)[number], string>>) =>
  codeIn(metrics).map((name) => ({ name, type, labels: codeIn(labels), meaning }));

const rows = tableOf('metric', ...columns).flatMap((row) => eachOf(row.metric, row));
const ownRows = tableOf('metric of the command', ...columns).flatMap((row) =>
  eachOf(row['metric of the command'], row),
);

const byName = ({ name: a }: { name: string }, { name: b }: { name: string }) => (a < b ? -1 : 1);

test("the table of the command's metrics has each metric once, with its type and labels, and no other", () => {
  const own = Object.entries(ownMetrics).map(([name, { type, labels }]) => ({ name, type, labels: [...labels] }));
  const told = ownRows.map(({ name, type, labels }) => ({ name, type, labels }));
  expect(told.sort(byName)).toEqual(own.sort(byName));
});

describe('the table of metrics', () => {
  test('has each metric once, with its type and labels, and no other', () => {
    expect(rows.map(({ name, type, labels }) => ({ name, type, labels })).sort(byName)).toEqual(metrics.sort(byName));
  });

  test.each([
    ['requests_total', 'outcome', 'RequestOutcome'],
    ['resumes_total', 'outcome', 'BreakOutcome'],
    ['attempts_total', 'outcome', 'AttemptOutcome'],
    ['attempts_total', 'reason', 'AttemptReason'],
  ])('lists for %s what %s can be', (metric, label, type) => {
    const { meaning = '' } = rows.find(({ name }) => name === metric) ?? {};
    expect(valuesListedFor(label, meaning).sort()).toEqual(choicesNamed(type).sort());
  });

  test('lists the states of an endpoint', () => {
    const { meaning = '' } = rows.find(({ name }) => name === 'endpoint_state') ?? {};
    expect(codeIn(withoutAsides(meaning)).sort()).toEqual([...endpointStates].sort());
  });
});

describe('what the page says of createMetrics()', () => {
  const paragraph = paragraphOf('`createMetrics(');

  test('names its options', () => {
    const [, options = ''] = /^`createMetrics\(\{ (.*?) \}\)`/.exec(paragraph) ?? [];
    expect(options.split(', ').sort()).toEqual(
      fieldsOf('MetricsOptions')
        .map(({ name }) => name)
        .sort(),
    );
  });

  test('gives the least and the most of the default buckets', () => {
    const [, least, most] = /([\d.]+) ms to ([\d.]+) s by default/.exec(paragraph) ?? [];
    const histogram = registry.getSingleMetric(`${prefix}request_duration_seconds`) as unknown as Metric;
    const bounds = histogram.upperBounds ?? [];
    expect([Number(least) / 1_000, Number(most)]).toEqual([bounds[0], bounds.at(-1)]);
  });
});
