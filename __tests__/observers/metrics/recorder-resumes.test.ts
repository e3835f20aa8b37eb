import { Registry } from 'prom-client';
import { BalancingProxyError } from '../../../src/errors.ts';
import type { AttemptReport, RequestEnded } from '../../../src/events/events.ts';
import { createMetrics } from '../../../src/observers/metrics/metrics.ts';
import { attemptEnded, FakeSource, reportOf, requestEnded } from '../dashboard/fake-source.ts';
import { sumOf } from './series.ts';

const lost = new BalancingProxyError('ERR_BRP_CONNECTION_LOST', 'lost');
const gone = new BalancingProxyError('ERR_BRP_CLIENT_GONE', 'gone');

/** An attempt as it ended, and as the end of its request tells of it once its body has broken off. */
const won = reportOf({ endpoint: 'one', status: 200 });
const broken = reportOf({ ...won, error: lost, brokeOff: { afterMs: 100, atByte: 1_000 } });
const failed = reportOf({ endpoint: 'two', reason: 'resume', outcome: 'failed', error: lost, discardedBytes: 7 });
const resumed = reportOf({ endpoint: 'three', reason: 'resume', outcome: 'resumed', status: 206, durationMs: 20 });

/** Counts a request. */
async function count(ended: Partial<RequestEnded>, ...atTheirEnds: readonly AttemptReport[]) {
  const source = new FakeSource();
  const { registry, observe } = createMetrics({ registry: new Registry() });
  observe(source);
  source.emit(...atTheirEnds.map((report) => attemptEnded(report)), requestEnded(ended));
  return (metric: string, labels = {}) => sumOf(registry, metric, labels);
}

const breaksOf = async (ended: Partial<RequestEnded>) => {
  const sum = await count(ended);
  return {
    resumed: await sum('resumes_total', { outcome: 'resumed' }),
    failed: await sum('resumes_total', { outcome: 'failed' }),
  };
};

describe('breaks within a body', () => {
  test.each<[string, Partial<RequestEnded>, object]>([
    ['none', { attempts: [won] }, { resumed: 0, failed: 0 }],
    ['one that was mended', { resumes: 1, attempts: [broken, failed, resumed] }, { resumed: 1, failed: 0 }],
    ['one that was not', { error: lost, attempts: [broken, failed] }, { resumed: 0, failed: 1 }],
    [
      'two, of which the first was mended',
      { resumes: 1, error: lost, attempts: [broken, { ...broken, ...resumed }, failed] },
      { resumed: 1, failed: 1 },
    ],
    ['one at which the client left', { error: gone, attempts: [broken, failed] }, { resumed: 0, failed: 0 }],
  ])('count by whether they were mended: %s', async (_, ended, counted) => {
    expect(await breaksOf(ended)).toEqual(counted);
  });

  test('begin at 0, so that the first one shows in a rate', async () => {
    const { registry } = createMetrics({ registry: new Registry() });
    const values = (await registry.getSingleMetric('balancing_proxy_resumes_total')?.get())?.values;
    expect(values).toEqual([
      { labels: { outcome: 'resumed' }, value: 0 },
      { labels: { outcome: 'failed' }, value: 0 },
    ]);
  });

  test('count as errors of their endpoint, once', async () => {
    const sum = await count({ resumes: 1, attempts: [broken, failed, resumed] }, won, failed, resumed);
    expect(await sum('attempt_errors_total', { endpoint: 'one', code: lost.code })).toBe(1);
    expect(await sum('attempt_errors_total', { endpoint: 'two', code: lost.code })).toBe(1);
    expect(await sum('attempt_errors_total')).toBe(2);
  });
});

describe('attempts that go on with a body', () => {
  const served = { winner: 'one', servedBy: 'three', resumes: 1, attempts: [broken, failed, resumed] };

  test('count by why and how, and win nothing', async () => {
    const sum = await count(served, won, failed, resumed);
    expect(await sum('attempts_total', { endpoint: 'three', reason: 'resume', outcome: 'resumed' })).toBe(1);
    expect(await sum('attempts_total', { endpoint: 'two', reason: 'resume', outcome: 'failed' })).toBe(1);
    expect([await sum('wins_total', { endpoint: 'one' }), await sum('wins_total')]).toEqual([1, 1]);
  });

  test('are timed until their first new byte', async () => {
    const sum = await count(served, won, failed, resumed);
    expect(await sum('attempt_duration_seconds_count', { endpoint: 'three' })).toBe(1);
    expect(await sum('attempt_duration_seconds_sum', { endpoint: 'three' })).toBe(0.02);
  });

  test('are no waste, nor is the winner before them; those that failed are', async () => {
    const sum = await count(served);
    expect(await sum('wasted_attempts_total')).toBe(1);
    expect(await sum('wasted_attempts_total', { endpoint: 'two' })).toBe(1);
    expect(await sum('wasted_bytes_total')).toBe(7);
  });

  test('are waste where they failed at an endpoint that gave the last byte later', async () => {
    const again = { ...resumed, endpoint: 'two' };
    const sum = await count({ ...served, servedBy: 'two', attempts: [broken, failed, resumed, again], resumes: 2 });
    expect(await sum('wasted_attempts_total', { endpoint: 'two' })).toBe(1);
  });
});
