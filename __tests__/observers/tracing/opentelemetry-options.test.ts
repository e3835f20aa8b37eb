import { context, SpanKind, trace } from '@opentelemetry/api';
import { Events } from '../../../src/events/proxy-events.ts';
import { type TraceAttemptsOptions, traceAttempts } from '../../../src/observers/tracing/opentelemetry.ts';
import { reportedEnd } from '../../events/reported-end.ts';
import { request } from '../../helpers/proxy.ts';
import { answering } from '../../helpers/servers.ts';
import { until } from '../../helpers/until.ts';
import { reportOf } from '../dashboard/fake-source.ts';
import {
  attemptSpans,
  attemptStarted,
  endOf,
  finished,
  hasEvent,
  open,
  requestSpan,
  requestStarted,
  resources,
  serve,
  tracer,
  tracerProvider,
} from './traced-proxy.ts';

const requestEnded = reportedEnd({
  type: 'request-ended',
  requestId: 1,
  method: 'GET',
  url: '/path',
  status: 200,
  winner: 'one',
  servedBy: 'one',
});

describe('traceAttempts', () => {
  test('keeps nothing of a request that has ended', () => {
    const events = new Events();
    traceAttempts(events, { tracerProvider });
    for (const event of [requestStarted, requestEnded, attemptStarted]) events.emit(event);
    expect(open.size).toBe(0);
  });

  test('tells the span of the request how often another attempt went on with the body', async () => {
    const events = new Events();
    traceAttempts(events, { tracerProvider });
    const span = tracer.startSpan('request', { kind: SpanKind.SERVER });
    const parent = trace.setSpan(context.active(), span);
    context.with(parent, () => events.emit(requestStarted));
    const { requestId, method, url } = attemptStarted;
    const outcomes = ['won', 'failed', 'resumed', 'resumed'] as const;
    for (const [index, outcome] of outcomes.entries()) {
      const attempt = index + 1;
      const reason = outcome === 'won' ? 'first' : 'resume';
      const report = reportOf({ endpoint: `${attempt}`, reason, outcome, status: outcome === 'won' ? 200 : 206 });
      events.emit({ ...attemptStarted, endpoint: `${attempt}`, attempt, reason });
      events.emit({ type: 'attempt-ended', requestId, method, url, attempt, report });
    }
    span.end();
    // The response's span may have ended by now.
    events.emit({ ...requestEnded, resumes: 2 });
    const { attributes } = await requestSpan();
    expect(attributes).toEqual({
      'balancing_proxy.attempts': 4,
      'balancing_proxy.winner': '1',
      'balancing_proxy.resumes': 2,
    });
    const spans = finished(SpanKind.CLIENT);
    expect(spans.map(({ attributes: told }) => told['balancing_proxy.attempt.reason'])).toEqual([
      'first',
      'resume',
      'resume',
      'resume',
    ]);
    expect(spans.map((attempt) => endOf(attempt).outcome)).toEqual(outcomes);
    expect(spans.map((attempt) => endOf(attempt).isError)).toEqual([false, true, false, false]);
  });

  test.each<[unknown, string]>([
    [{ urlQuery: 'yes' }, "option `urlQuery`: expected true or false, got 'yes'"],
    [
      { tracerProvider: {} },
      'option `tracerProvider`: expected a tracer provider, with getTracer(), got [object Object]',
    ],
    [{ urlquery: true }, 'option `urlquery` is unknown; did you mean `urlQuery`?'],
  ])('refuses the options %j', (options, message) => {
    const refused = expect.objectContaining({ code: 'ERR_BRP_OPTIONS', message });
    expect(() => traceAttempts(new Events(), options as TraceAttemptsOptions)).toThrow(refused);
  });

  test('starts with the next request, whatever is under way', async () => {
    const released = Promise.withResolvers<void>();
    const endpoints = [
      await resources.start((req, res) => void released.promise.then(() => answering(500, 'bad')(req, res))),
      await resources.start(answering(200, 'hello')),
    ];
    const served = await resources.serve({ endpoints: endpoints.map(({ url }) => url), strategy: 'failover' });
    const answer = request(served.url);
    await until(() => hasEvent(served, 'attempt-started'));
    traceAttempts(served.proxy, { tracerProvider });
    released.resolve();
    expect((await answer).text).toBe('hello');
    expect(await attemptSpans(served)).toEqual([]);
    await request(served.url);
    expect(await attemptSpans(served, 2)).toHaveLength(2);
  });

  test('ends what is open when it is stopped, and makes no more spans', async () => {
    const released = Promise.withResolvers<void>();
    const endpoints = [
      await resources.start(answering(500, 'bad')),
      await resources.start((req, res) => void released.promise.then(() => answering(500, 'held')(req, res))),
      await resources.start(answering(200, 'hello')),
    ];
    const served = await serve({ endpoints: endpoints.map(({ url }) => url), strategy: 'failover' });
    const answer = request(served.url);
    await until(() => finished(SpanKind.CLIENT).length === 1 && open.size === 1);
    served.stop();
    served.stop();
    expect(open.size).toBe(0);
    released.resolve();
    expect((await answer).text).toBe('hello');
    await request(served.url);
    const spans = await attemptSpans(served, 2);
    expect(spans.map((span) => endOf(span).outcome)).toEqual(['unusable', undefined]);
  });

  test('takes the global provider, even one that is registered later', async () => {
    const { url } = await resources.start(answering(200, 'hello'));
    const served = await resources.serve({ endpoints: [url] });
    traceAttempts(served.proxy);
    expect((await request(served.url)).text).toBe('hello');
    expect(await attemptSpans(served)).toEqual([]);
    trace.setGlobalTracerProvider(tracerProvider);
    await request(served.url);
    trace.disable();
    expect(await attemptSpans(served, 2)).toHaveLength(1);
  });
});
