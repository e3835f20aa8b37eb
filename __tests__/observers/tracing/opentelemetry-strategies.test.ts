import { context, SpanKind, trace } from '@opentelemetry/api';
import { request } from '../../helpers/proxy.ts';
import { answering, hanging, refusedUrl } from '../../helpers/servers.ts';
import { until } from '../../helpers/until.ts';
import {
  attemptSpans,
  endOf,
  fine,
  hasEvent,
  open,
  requestSpan,
  resources,
  serve,
  tracer,
  withinSpan,
} from './traced-proxy.ts';

describe('a race', () => {
  test('has a winner and cancelled losers, which are no errors', async () => {
    const endpoints = [
      await resources.start(hanging),
      await resources.start(answering(200, 'hello')),
      await resources.start(hanging),
    ];
    const served = await serve({ endpoints: endpoints.map(({ url }) => url), loserGraceMs: 0, frame: withinSpan });
    expect((await request(served.url)).text).toBe('hello');
    const spans = await attemptSpans(served);
    expect(spans.map(endOf)).toEqual([
      { ...fine, outcome: 'cancelled' },
      { ...fine, outcome: 'won', status: 200 },
      { ...fine, outcome: 'cancelled' },
    ]);
    expect(spans.map(({ attributes }) => attributes['http.request.resend_count'])).toEqual([undefined, 1, 2]);
    expect((await requestSpan()).attributes).toEqual({
      'balancing_proxy.attempts': 3,
      'balancing_proxy.winner': endpoints[1]?.url,
    });
  });

  test('has a loser that came too late, which is no error, either', async () => {
    const released = Promise.withResolvers<void>();
    const late = await resources.start(
      (req, res) => void released.promise.then(() => answering(500, 'late')(req, res)),
    );
    const good = await resources.start(answering(200, 'hello'));
    const served = await serve({
      endpoints: [late.url, good.url],
      terminalStatuses: '200,500',
      loserGraceMs: Infinity,
    });
    expect((await request(served.url)).text).toBe('hello');
    expect(open.size).toBe(1);
    released.resolve();
    expect((await attemptSpans(served)).map(endOf)).toEqual([
      { ...fine, outcome: 'lost', status: 500 },
      { ...fine, outcome: 'won', status: 200 },
    ]);
  });
});

describe('a hedge', () => {
  test('is an attempt that the delay started', async () => {
    const endpoints = [await resources.start(hanging), await resources.start(answering(200, 'hello'))];
    const served = await serve({
      endpoints: endpoints.map(({ url }) => url),
      strategy: 'hedge',
      order: 'given',
      hedge: { delayMs: 1 },
      loserGraceMs: 0,
    });
    await request(served.url);
    const spans = await attemptSpans(served);
    expect(spans.map(({ attributes }) => attributes['balancing_proxy.attempt.reason'])).toEqual(['first', 'hedge']);
    expect(spans.map(({ attributes }) => attributes['http.request.resend_count'])).toEqual([undefined, 1]);
  });

  test('that the budget denied is told on the span of the request', async () => {
    const slow = await resources.start((req, res) => {
      void until(() => hasEvent(served, 'hedge-denied')).then(() => answering(200, 'slow')(req, res));
    });
    const served = await serve({
      endpoints: [slow.url, (await resources.start(hanging)).url],
      strategy: 'hedge',
      order: 'given',
      hedge: { delayMs: 1, budgetRatio: 0, budgetFloor: 0 },
      frame: withinSpan,
    });
    expect((await request(served.url)).text).toBe('slow');
    expect((await requestSpan()).attributes).toEqual({
      'balancing_proxy.attempts': 1,
      'balancing_proxy.hedge_denied': true,
      'balancing_proxy.winner': slow.url,
    });
  });
});

describe('a failover', () => {
  test('that others answer for is told as passed on, on the span of the request', async () => {
    const served = await serve({
      endpoints: [await refusedUrl()],
      strategy: 'failover',
      fallthrough: true,
      frame: (proxy) => (req, res) => withinSpan(() => proxy(req, res, () => void res.end('page')))(req, res),
    });
    expect((await request(served.url)).text).toBe('page');
    expect((await requestSpan()).attributes).toEqual({
      'balancing_proxy.attempts': 1,
      'balancing_proxy.passed_on': true,
    });
  });

  test('has an attempt after each failure', async () => {
    const refused = await refusedUrl();
    const bad = await resources.start(answering(500, 'bad'));
    const good = await resources.start(answering(200, 'good'));
    const served = await serve({
      endpoints: [bad.url, refused, good.url],
      strategy: 'failover',
      frame: withinSpan,
    });
    expect((await request(served.url)).text).toBe('good');
    const spans = await attemptSpans(served);
    expect(spans.map(endOf)).toEqual([
      { outcome: 'unusable', status: 500, error: '500', isError: true },
      {
        outcome: 'failed',
        status: undefined,
        error: 'ERR_BRP_CONNECT',
        isError: true,
        message: expect.stringContaining('ECONNREFUSED'),
      },
      { ...fine, outcome: 'won', status: 200 },
    ]);
    expect(
      spans.map(({ attributes }) => [
        attributes['balancing_proxy.endpoint'],
        attributes['balancing_proxy.attempt.reason'],
        attributes['http.request.resend_count'],
      ]),
    ).toEqual([
      [bad.url, 'first', undefined],
      [refused, 'failure', 1],
      [good.url, 'failure', 2],
    ]);
    expect((await requestSpan()).attributes).toEqual({
      'balancing_proxy.attempts': 3,
      'balancing_proxy.winner': good.url,
    });
  });
});

describe('the span of the request', () => {
  test('is left alone when it has ended before its attempts', async () => {
    const { url } = await resources.start(answering(200, 'hello'));
    const served = await serve({
      endpoints: [url],
      frame: (proxy) => (req, res) => {
        const span = tracer.startSpan('request', { kind: SpanKind.SERVER });
        context.with(trace.setSpan(context.active(), span), () => proxy(req, res));
        span.end();
      },
    });
    await request(served.url);
    expect(await attemptSpans(served)).toHaveLength(1);
    expect((await requestSpan()).attributes).toEqual({ 'balancing_proxy.attempts': 1 });
  });
});
