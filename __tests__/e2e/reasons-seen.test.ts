import http from 'node:http';
import { BasicTracerProvider, InMemorySpanExporter, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-base';
import { Registry } from 'prom-client';
import type { AttemptReason, BalancingProxyOptions, EndpointOptions } from '../../src/index.ts';
import { createDashboard } from '../../src/observers/dashboard/dashboard.ts';
import { createMetrics } from '../../src/observers/metrics/metrics.ts';
import { traceAttempts } from '../../src/observers/tracing/opentelemetry.ts';
import { leakCheckedResources } from '../helpers/leaks.ts';
import { request } from '../helpers/proxy.ts';
import { answering, hanging } from '../helpers/servers.ts';
import { isThere, until } from '../helpers/until.ts';
import { watch } from '../observers/dashboard/event-stream.ts';
import { seriesIn } from '../observers/metrics/series.ts';
import { contentOf, startMirror } from './mirror.ts';

const resources = leakCheckedResources();
const good = answering(200, 'good');
const bad = answering(500, 'bad');
const mirror = { content: contentOf(300_000), headers: { ETag: '"one"' } };

const startAt = (...listeners: http.RequestListener[]) => Promise.all(listeners.map((one) => resources.startAt(one)));

/** Two requests in one: the first time the endpoint is just starting. */
function startingUp(): http.RequestListener {
  let count = 0;
  return (req, res) => (count++ === 0 ? answering(503, 'starting') : good)(req, res);
}

/** How each reason comes about: two attempts, of which the second one starts for it. */
const scenarios: Readonly<
  Record<Exclude<AttemptReason, 'first'>, () => Promise<Omit<BalancingProxyOptions, 'endpoints'> & { urls: string[] }>>
> = {
  race: async () => ({ urls: await startAt(hanging, good) }),
  hedge: async () => ({ urls: await startAt(hanging, good), strategy: 'hedge', hedge: { delayMs: 10 } }),
  failure: async () => ({ urls: await startAt(bad, good), strategy: 'failover' }),
  tier: async () => ({ urls: await startAt(bad, good) }),
  retry: async () => ({ urls: await startAt(startingUp()), retry: { forMs: 10_000, everyMs: 10 } }),
  resume: async () => {
    const breaking = await startMirror(resources, { ...mirror, breaksAt: [150_000] });
    const whole = await startMirror(resources, mirror);
    return { urls: [breaking.url, whole.url], strategy: 'failover' };
  },
};

/** Serves one request of two attempts, and gives the reasons of both as each observer tells them. */
async function reasonsSeen(reason: keyof typeof scenarios) {
  const lines: Array<{ readonly attempts: ReadonlyArray<{ readonly reason: string }> }> = [];
  const write = (fields: (typeof lines)[number]) => void lines.push(fields);
  const { urls, ...options } = await scenarios[reason]();
  const endpoints = urls.map((url, index): EndpointOptions => ({ url, tier: reason === 'tier' ? index : 0 }));
  const logger = { bindings: () => ({}), info: write, warn: write };
  const served = await resources.serve({ endpoints, order: 'given', loserGraceMs: 0, logger, ...options });

  const metrics = createMetrics({ registry: new Registry() });
  metrics.observe(served.proxy);
  const exporter = new InMemorySpanExporter();
  traceAttempts(served.proxy, {
    tracerProvider: new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] }),
  });
  const dashboard = resources.use(createDashboard(served.proxy));
  const page = await resources.listen(http.createServer(dashboard));
  const viewer = resources.use(await watch(`${page.url}/`));
  await viewer.frame(() => true);

  expect(await request(served.url)).toMatchObject({ status: 200 });
  await until(() => served.events.find(({ type }) => type === 'request-ended'), isThere);
  const [race] = (await viewer.frame(({ races }) => races.length > 0)).races;
  const series = await seriesIn(metrics.registry);
  const ended = served.events.find((event) => event.type === 'request-ended');
  return {
    events: served.events.flatMap((event) => (event.type === 'attempt-started' ? [event.reason] : [])),
    reports: ended?.attempts.map((report) => report.reason),
    metrics: series.flatMap(({ name, labels, value }) => (name === 'attempts_total' && value ? [labels.reason] : [])),
    spans: exporter.getFinishedSpans().map(({ attributes }) => attributes['balancing_proxy.attempt.reason']),
    log: lines.flatMap(({ attempts }) => attempts.map((attempt) => attempt.reason)),
    dashboard: race?.attempts.map((attempt) => attempt.reason),
  };
}

describe('why an attempt started', () => {
  test.each(Object.keys(scenarios) as Array<keyof typeof scenarios>)(
    'is seen in events, metrics, traces, log and on the dashboard: first and %s',
    async (reason) => {
      const { spans, metrics, ...inOrder } = await reasonsSeen(reason);
      const reasons = ['first', reason];
      expect(inOrder).toEqual({ events: reasons, reports: reasons, log: reasons, dashboard: reasons });
      // Spans and counters come in the order in which attempts end.
      expect([...spans].sort()).toEqual([...reasons].sort());
      expect([...metrics].sort()).toEqual([...reasons].sort());
    },
  );
});
