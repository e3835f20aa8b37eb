import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import { PastMetrics } from '../../../src/cli/cluster/workers-metrics.ts';
import { mergeMetrics } from '../../../src/observers/metrics/metrics.ts';
import { metricIn } from '../metrics.ts';

/** The metrics of a worker that has counted so much. */
async function counted(n: number, label: string): Promise<readonly object[]> {
  const registers = [new Registry()];
  const counter = new Counter({ name: 'requests_total', help: 'x', labelNames: ['code', 'kind'], registers });
  counter.inc({ code: label, kind: 'k' }, n);
  counter.inc({ code: 'both', kind: 'k' }, 1);
  new Histogram({ name: 'seconds', help: 'x', buckets: [1, 2], registers }).observe(n);
  new Gauge({ name: 'in_flight', help: 'x', registers }).set(n);
  return [await (registers[0] as Registry).getMetricsAsJSON()];
}

describe('past metrics', () => {
  test('add up what was counted, and keep nothing of the moment', async () => {
    const past = new PastMetrics();
    past.add(await counted(1, 'a'));
    past.add(await counted(2, 'b'));
    past.add(await counted(5, 'a'));
    past.add([]);
    const text = await mergeMetrics([...past.snapshots, ...(await counted(10, 'a'))]);
    expect(metricIn(text, 'requests_total', { code: 'a' })).toBe(16);
    expect(metricIn(text, 'requests_total', { code: 'b' })).toBe(2);
    expect(metricIn(text, 'requests_total', { code: 'both' })).toBe(4);
    expect(metricIn(text, 'seconds_count')).toBe(4);
    expect(metricIn(text, 'seconds_sum')).toBe(18);
    expect(metricIn(text, 'seconds_bucket', { le: '1' })).toBe(1);
    expect(metricIn(text, 'seconds_bucket', { le: '2' })).toBe(2);
    expect(metricIn(text, 'seconds_bucket', { le: '+Inf' })).toBe(4);
    expect(metricIn(text, 'in_flight')).toBe(10);
  });

  test('keep nothing that one process has counted for itself alone', async () => {
    const registers = [new Registry()];
    new Counter({ name: 'process_seconds_total', help: 'x', labelNames: ['worker'], registers }).inc(
      { worker: '1' },
      5,
    );
    const past = new PastMetrics();
    past.add([await (registers[0] as Registry).getMetricsAsJSON()]);
    expect(await mergeMetrics(past.snapshots)).not.toMatch(/^process_seconds_total/m);
  });

  test('are nothing before anybody is gone', () => {
    expect(new PastMetrics().snapshots).toEqual([]);
  });
});
