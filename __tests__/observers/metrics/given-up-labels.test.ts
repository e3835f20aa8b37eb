import { jest } from '@jest/globals';
import { Registry } from 'prom-client';
import type { EndpointSnapshot, Observer } from '../../../src/index.ts';
import { createMetrics, type ObservedProxy } from '../../../src/observers/metrics/metrics.ts';
import { request } from '../../helpers/proxy.ts';
import { refusedUrl } from '../../helpers/servers.ts';
import { snapshotOf } from '../../helpers/snapshot.ts';
import { until } from '../../helpers/until.ts';
import { bad, good, resources } from './measured-proxy.ts';
import { labelsOf, seriesIn, sumOf } from './series.ts';

afterEach(() => jest.restoreAllMocks());

/** The events of requests for which an endpoint named `gone` was slow, bad and out of reach, in all ways that are counted. */
async function eventsOfGone() {
  const endpoints = [
    { url: await refusedUrl(), name: 'gone' },
    { url: (await resources.start(good)).url, name: 'one' },
  ];
  const refused = await resources.serve({ endpoints, strategy: 'failover', ejection: { consecutiveFailures: 1 } });
  await request(refused.url);
  const { url } = await resources.start(bad);
  const unusable = await resources.serve({ endpoints: [{ url, name: 'gone' }] });
  await request(unusable.url);
  const won = await resources.serve({ endpoints: [{ url: endpoints[1]?.url ?? '', name: 'gone' }] });
  await request(won.url);
  const served = [refused, unusable, won];
  for (const { events } of served) await until(() => events.some(({ type }) => type === 'request-ended'), true);
  return served.flatMap(({ events }) => events);
}

test('endpoints that come when 256 have labels get those of endpoints that are long gone, whose series end', async () => {
  const events = await eventsOfGone();
  const registry = new Registry();
  registry.setDefaultLabels({ service: 'a' });
  const observers = new Set<Observer>();
  let names: readonly string[] = ['one', 'gone', ...Array.from({ length: 254 }, (_, index) => `endpoint ${index}`)];
  const proxy: ObservedProxy = {
    get endpoints(): readonly EndpointSnapshot[] {
      return names.map((name) => snapshotOf(name));
    },
    subscribe: (observer) => {
      observers.add(observer);
      return () => observers.delete(observer);
    },
  };
  createMetrics({ registry }).observe(proxy);
  for (const event of events) for (const observer of observers) observer(event);
  const seriesOf = async (endpoint: string) => {
    const series = await seriesIn(registry);
    return new Set(series.filter(({ labels }) => labels.endpoint === endpoint).map(({ name }) => name));
  };
  const counted = [...(await seriesOf('gone'))].filter((name) => !/^endpoint_/.test(name));
  expect(counted.sort()).toEqual([
    'attempt_duration_seconds_bucket',
    'attempt_duration_seconds_count',
    'attempt_duration_seconds_sum',
    'attempt_errors_total',
    'attempts_total',
    'ejections_total',
    'wasted_attempts_total',
    'wasted_bytes_total',
    'wasted_seconds_total',
    'wins_total',
  ]);

  names = [...names.filter((name) => name !== 'gone'), 'new'];
  expect(await labelsOf(registry, 'endpoint_state', 'endpoint')).toContain('other');
  const now = performance.now();
  jest.spyOn(performance, 'now').mockReturnValue(now + 3_600_000);
  expect(await labelsOf(registry, 'endpoint_state', 'endpoint')).toContain('new');
  expect(await seriesOf('gone')).toEqual(new Set());
  expect(await seriesOf('new')).toContain('wins_total');
  expect(await sumOf(registry, 'wins_total', { endpoint: 'one' })).toBe(1);
  expect(await labelsOf(registry, 'endpoint_state', 'endpoint')).toHaveLength(256);
});
