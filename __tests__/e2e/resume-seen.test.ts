import http from 'node:http';
import { jest } from '@jest/globals';
import { SpanKind } from '@opentelemetry/api';
import { BasicTracerProvider, InMemorySpanExporter, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-base';
import { Registry } from 'prom-client';
import { Attempt } from '../../src/attempts/attempt/attempt.ts';
import { type BalancingProxyOptions, createBalancingProxy, type ProxyEvent } from '../../src/index.ts';
import { createDashboard } from '../../src/observers/dashboard/dashboard.ts';
import { createMetrics } from '../../src/observers/metrics/metrics.ts';
import { traceAttempts } from '../../src/observers/tracing/opentelemetry.ts';
import { leakCheckedResources } from '../helpers/leaks.ts';
import { request, type ServedProxy } from '../helpers/proxy.ts';
import { answering, hanging } from '../helpers/servers.ts';
import { isThere, until } from '../helpers/until.ts';
import { watch } from '../observers/dashboard/event-stream.ts';
import { sumOf } from '../observers/metrics/series.ts';
import { contentOf, sha256, startMirror } from './mirror.ts';

const resources = leakCheckedResources();
const content = contentOf(300_000);
const mirror = { content, headers: { ETag: '"one"' } };

/** Three endpoints: the first breaks off in the middle, the second has something else, the third all. */
async function startEndpoints() {
  return [
    { name: 'breaking', url: (await startMirror(resources, { ...mirror, breaksAt: [150_000] })).url },
    { name: 'other', url: (await resources.start(answering(200, 'other'))).url },
    { name: 'whole', url: (await startMirror(resources, mirror)).url },
  ];
}

async function serve(options: Partial<BalancingProxyOptions> = {}): Promise<ServedProxy> {
  return await resources.serve({ endpoints: await startEndpoints(), strategy: 'failover', order: 'given', ...options });
}

const endOf = ({ events }: ServedProxy) => events.find((event) => event.type === 'request-ended');

/** Has a body broken off and mended. */
async function mend(served: ServedProxy) {
  const received = await request(`${served.url}/file`);
  expect(sha256(received.body)).toBe(sha256(content));
  await until(() => endOf(served), isThere);
  return received;
}

const wordsOf = (event: ProxyEvent): string => {
  if (event.type === 'attempt-started') return `${event.type} ${event.attempt} ${event.endpoint} ${event.reason}`;
  if (event.type === 'attempt-ended') return `${event.type} ${event.attempt} ${event.report.outcome}`;
  return event.type;
};

describe('the events of a request whose body was resumed', () => {
  test('come in order: the attempts of a resume behind the head, the end of the request last', async () => {
    const served = await serve();
    await mend(served);
    expect(served.events.map(wordsOf)).toEqual([
      'request-started',
      'attempt-started 1 breaking first',
      'attempt-ended 1 won',
      'response-started',
      'attempt-started 2 other resume',
      'attempt-ended 2 failed',
      'attempt-started 3 whole resume',
      'attempt-ended 3 resumed',
      'request-ended',
    ]);
  });

  test('say where the body broke off, and why', async () => {
    const served = await serve();
    await mend(served);
    const { attempts = [], ...end } = endOf(served) ?? {};
    expect(end).toMatchObject({ winner: 'breaking', servedBy: 'whole', resumes: 1, bytes: 300_000, status: 200 });
    const [won, failed, resumed] = attempts;
    expect(won).toMatchObject({ outcome: 'won', error: { code: 'ERR_BRP_CONNECTION_LOST' } });
    expect(won?.brokeOff?.atByte).toBeGreaterThan(0);
    expect(won?.brokeOff?.atByte).toBeLessThanOrEqual(150_000);
    expect(failed).toMatchObject({ outcome: 'failed', error: { code: 'ERR_BRP_NOT_RESUMED' } });
    expect(resumed).toMatchObject({ reason: 'resume', outcome: 'resumed', status: 206 });
    // The next one is asked at the break, not before.
    const brokeAfterMs = (won?.startedAfterMs ?? 0) + (won?.brokeOff?.afterMs ?? 0);
    expect(failed?.startedAfterMs).toBeGreaterThanOrEqual(brokeAfterMs);
  });

  test('say what broke off for good, though nobody was asked for the rest', async () => {
    const served = await serve({ resume: 'off' });
    await expect(request(served.url)).rejects.toMatchObject({ code: 'ECONNRESET' });
    await until(() => endOf(served), isThere);
    expect(endOf(served)).toMatchObject({
      resumes: 0,
      error: { code: 'ERR_BRP_CONNECTION_LOST' },
      attempts: [
        { outcome: 'won', error: { code: 'ERR_BRP_CONNECTION_LOST' }, brokeOff: { atByte: expect.any(Number) } },
      ],
    });
  });

  test('have no denied hedge, as a resume takes nothing out of the budget', async () => {
    const [breaking, , whole] = await startEndpoints();
    const silent = { name: 'silent', url: await resources.startAt(hanging) };
    const served = await serve({
      endpoints: [breaking, silent, whole].filter((endpoint) => endpoint !== undefined),
      strategy: 'hedge',
      hedge: { delayMs: 50, budgetRatio: 0, budgetFloor: 0 },
    });
    await mend(served);
    const words = served.events.map(wordsOf);
    expect(words.slice(words.indexOf('response-started'))).toEqual([
      'response-started',
      'attempt-started 2 silent resume',
      'attempt-started 3 whole resume',
      'attempt-ended 3 resumed',
      'attempt-ended 2 cancelled',
      'request-ended',
    ]);
  });

  test('are not built when nobody hears them', async () => {
    const report = jest.spyOn(Attempt.prototype, 'report');
    const proxy = createBalancingProxy({ endpoints: await startEndpoints(), strategy: 'failover', order: 'given' });
    const server = await resources.listen(http.createServer(proxy));
    expect(sha256((await request(server.url)).body)).toBe(sha256(content));
    await proxy.close();
    expect(report).not.toHaveBeenCalled();
    report.mockRestore();
  });
});

describe('a resumed body', () => {
  test('leaves X-Served-By and the win with the endpoint that won', async () => {
    const served = await serve({ exposeEndpoint: true });
    const { headers } = await mend(served);
    expect(headers['x-served-by']).toBe('breaking');
    const counts = served.proxy.endpoints.map(({ name, successes, wins, failures, inFlight }) => ({
      name,
      successes,
      wins,
      failures,
      inFlight,
    }));
    expect(counts).toEqual([
      { name: 'breaking', successes: 1, wins: 1, failures: 0, inFlight: 0 },
      { name: 'other', successes: 0, wins: 0, failures: 1, inFlight: 0 },
      { name: 'whole', successes: 1, wins: 0, failures: 0, inFlight: 0 },
    ]);
  });

  test('is one line of the log, a warning', async () => {
    const lines: string[] = [];
    const log = (level: string) => (line: unknown) => void lines.push(`${level} ${line}`);
    const served = await serve({ logger: { info: log('info'), warn: log('warn') } });
    await mend(served);
    expect(lines).toEqual([
      expect.stringMatching(
        /^warn GET \/file 200 by breaking in [\d.]+ ms \(resumes: 1\); breaking won 200 after [\d.]+ ms, broke off ERR_BRP_CONNECTION_LOST at byte \d+ after [\d.]+ ms; other \(resume\) failed 200 ERR_BRP_NOT_RESUMED after [\d.]+ ms; whole resumed 206 after [\d.]+ ms$/,
      ),
    ]);
  });

  test('shows in the metrics', async () => {
    const { registry, observe } = createMetrics({ registry: new Registry() });
    const served = await serve();
    resources.use({ close: observe(served.proxy) });
    await mend(served);
    const sum = (metric: string, labels = {}) => sumOf(registry, metric, labels);
    expect({
      served: await sum('requests_total', { outcome: 'served', status: '2xx' }),
      resumed: await sum('resumes_total', { outcome: 'resumed' }),
      notResumed: await sum('resumes_total', { outcome: 'failed' }),
      attempts: await sum('attempts_total', { endpoint: 'whole', reason: 'resume', outcome: 'resumed' }),
      wins: [await sum('wins_total', { endpoint: 'breaking' }), await sum('wins_total')],
      errors: await sum('attempt_errors_total', { endpoint: 'breaking', code: 'ERR_BRP_CONNECTION_LOST' }),
      wasted: [await sum('wasted_attempts_total', { endpoint: 'other' }), await sum('wasted_attempts_total')],
      bytes: await sum('response_bytes_total'),
    }).toEqual({
      served: 1,
      resumed: 1,
      notResumed: 0,
      attempts: 1,
      wins: [1, 1],
      errors: 1,
      wasted: [1, 1],
      bytes: 300_000,
    });
  });

  test('shows in the traces', async () => {
    const exporter = new InMemorySpanExporter();
    const tracerProvider = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] });
    const served = await serve();
    resources.use({ close: traceAttempts(served.proxy, { tracerProvider }) });
    await mend(served);
    const spans = exporter.getFinishedSpans().filter(({ kind }) => kind === SpanKind.CLIENT);
    expect(spans.map(({ attributes }) => attributes)).toMatchObject([
      { 'balancing_proxy.attempt.outcome': 'won' },
      { 'balancing_proxy.attempt.reason': 'resume', 'error.type': 'ERR_BRP_NOT_RESUMED' },
      {
        'balancing_proxy.attempt.reason': 'resume',
        'balancing_proxy.attempt.outcome': 'resumed',
        'http.response.status_code': 206,
        'http.request.resend_count': 2,
      },
    ]);
  });

  test('shows on the dashboard', async () => {
    const served = await serve();
    const dashboard = resources.use(createDashboard(served.proxy));
    const page = await resources.listen(http.createServer(dashboard));
    const viewer = resources.use(await watch(`${page.url}/`));
    await viewer.frame(() => true);
    await mend(served);
    const { races } = await viewer.frame((frame) => frame.races.length > 0);
    expect(races).toMatchObject([
      {
        path: '/file',
        hasWinner: true,
        resumes: 1,
        error: null,
        attempts: [
          {
            endpoint: 'breaking',
            outcome: 'won',
            error: 'ERR_BRP_CONNECTION_LOST',
            brokeOff: { atByte: expect.any(Number) },
          },
          { endpoint: 'other', reason: 'resume', outcome: 'failed', error: 'ERR_BRP_NOT_RESUMED', brokeOff: null },
          { endpoint: 'whole', reason: 'resume', outcome: 'resumed', status: 206, brokeOff: null },
        ],
      },
    ]);
  });
});
