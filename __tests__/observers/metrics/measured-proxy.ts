import http, { type RequestListener } from 'node:http';
import { Registry } from 'prom-client';
import { createMetrics, type Metrics } from '../../../src/observers/metrics/metrics.ts';
import { Resources, type ServedProxy, serveProxy } from '../../helpers/proxy.ts';
import { answering } from '../../helpers/servers.ts';
import { until } from '../../helpers/until.ts';
import { sumOf } from './series.ts';

export const resources = new Resources();
afterEach(() => resources.closeAll());

/** A proxy whose metrics are in a registry of their own. */
interface MeasuredProxy extends ServedProxy {
  readonly metrics: Metrics;
  /** Resolves when so many requests have ended with all their attempts. */
  ended(count: number): Promise<void>;
  sum(metric: string, labels?: Readonly<Record<string, string>>): Promise<number>;
}

export function measured<Served extends ServedProxy>(served: Served): Served & MeasuredProxy {
  const metrics = createMetrics({ registry: new Registry() });
  metrics.observe(served.proxy);
  return Object.assign(resources.use(served), {
    metrics,
    ended: (count: number) => until(() => served.events.filter(({ type }) => type === 'request-ended').length, count),
    sum: (metric: string, labels = {}) => sumOf(metrics.registry, metric, labels),
  });
}

export const measure = async (...served: Parameters<typeof serveProxy>) => measured(await serveProxy(...served));

/** Starts endpoints named `one`, `two` and so on. */
export async function start(...listeners: readonly RequestListener[]) {
  const names = ['one', 'two', 'three', 'four'];
  return Promise.all(
    listeners.map(async (listener, index) => {
      const { url } = await resources.start(listener);
      return { url, name: names[index] ?? '' };
    }),
  );
}

export const good = answering(200, 'good');
export const bad = answering(500, 'bad');

/** A client that goes away when the request has reached an endpoint. */
export function leave({ url, proxy }: ServedProxy, hasArrived: () => boolean): Promise<void> {
  const client = http.get(url, { agent: false }).on('error', () => {});
  return until(() => hasArrived() && proxy.endpoints.some(({ inFlight }) => inFlight > 0)).then(() => {
    client.destroy();
  });
}
