import { Registry } from 'prom-client';
import { createMetrics, mergeMetrics } from '../../../src/observers/metrics/metrics.ts';
import { Resources, request } from '../../helpers/proxy.ts';
import { answering, refusedUrl } from '../../helpers/servers.ts';
import { until } from '../../helpers/until.ts';
import { complaintsOf, testWithPromtool } from './promtool.ts';

const resources = new Resources();
afterEach(() => resources.closeAll());

/** The metrics of a proxy that has had a good request and a bad one, so that no metric is empty. */
async function collected() {
  const { registry, observe } = createMetrics({ registry: new Registry() });
  const { url } = await resources.start(answering(200, 'good'));
  const name = 'a "quoted" \\name\\n of é, {with} a comma=';
  const good = await resources.serve({ endpoints: [{ url, name }] });
  const bad = await resources.serve({ endpoints: [await refusedUrl()] });
  for (const { proxy } of [good, bad]) observe(proxy);
  for (const each of [good, bad]) await request(each.url);
  await until(() => [good, bad].every(({ events }) => events.at(-1)?.type === 'request-ended'));
  return registry;
}

describe('promtool', () => {
  testWithPromtool('finds nothing wrong with what Prometheus gets', async () => {
    const registry = await collected();
    expect(complaintsOf(['check', 'metrics'], await registry.metrics())).toBe('');
  });

  testWithPromtool('finds nothing wrong with what several processes have', async () => {
    const snapshots = [await (await collected()).getMetricsAsJSON(), await (await collected()).getMetricsAsJSON()];
    expect(complaintsOf(['check', 'metrics'], await mergeMetrics(snapshots))).toBe('');
  });

  testWithPromtool('finds what is wrong', async () => {
    expect(
      complaintsOf(['check', 'metrics'], '# TYPE balancing_proxy_count counter\nbalancing_proxy_count 1\n'),
    ).toMatch(/_total/);
  });
});
