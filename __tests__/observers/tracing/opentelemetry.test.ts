import http, { type RequestListener } from 'node:http';
import {
  type Attributes,
  context,
  DiagLogLevel,
  diag,
  propagation,
  SpanKind,
  SpanStatusCode,
  trace,
} from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { suppressTracing, W3CTraceContextPropagator } from '@opentelemetry/core';
import {
  BasicTracerProvider,
  InMemorySpanExporter,
  type ReadableSpan,
  type Sampler,
  SamplingDecision,
  SimpleSpanProcessor,
  type SpanProcessor,
} from '@opentelemetry/sdk-trace-base';
import express from 'express';
import { Events, type ProxyEvent } from '../../../src/events/events.ts';
import type { BalancingProxy, BalancingProxyOptions } from '../../../src/index.ts';
import { type TraceAttemptsOptions, traceAttempts } from '../../../src/observers/tracing/opentelemetry.ts';
import { Resources, request, type ServedProxy, serveProxy } from '../../helpers/proxy.ts';
import { head, sendRaw } from '../../helpers/raw.ts';
import { answering, hanging, refusedUrl, startHttp } from '../../helpers/servers.ts';
import { until } from '../../helpers/until.ts';

const resources = new Resources();
const exporter = new InMemorySpanExporter();
const open = new Set<unknown>();
const complaints: unknown[] = [];
const complain = (...words: unknown[]): void => void complaints.push(words);

const watching: SpanProcessor = {
  onStart: (span) => void open.add(span),
  onEnd: (span) => void open.delete(span),
  forceFlush: async () => {},
  shutdown: async () => {},
};
const tracerProvider = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter), watching] });
const tracer = tracerProvider.getTracer('test');

beforeAll(() => {
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  // The SDK complains of whoever writes on a span that has ended.
  const logger = { error: complain, warn: complain, info: () => {}, debug: () => {}, verbose: () => {} };
  diag.setLogger(logger, DiagLogLevel.WARN);
});
beforeEach(() => void propagation.setGlobalPropagator(new W3CTraceContextPropagator()));
afterEach(async () => {
  await resources.closeAll();
  expect(open.size).toBe(0);
  expect(complaints.splice(0)).toEqual([]);
  exporter.reset();
  propagation.disable();
});
afterAll(() => {
  context.disable();
  diag.disable();
});

const start = async (listener: RequestListener) => resources.use(await startHttp(listener));

/** Serves a proxy in the manner of an instrumentation of HTTP servers: in the context of a span. */
const withinSpan =
  (proxy: BalancingProxy): RequestListener =>
  (req, res) => {
    const span = tracer.startSpan('request', { kind: SpanKind.SERVER });
    res.once('close', () => span.end());
    context.with(trace.setSpan(context.active(), span), () => proxy(req, res));
  };

interface Setting extends BalancingProxyOptions {
  readonly tracing?: TraceAttemptsOptions;
  readonly frame?: (proxy: BalancingProxy) => RequestListener;
}

/** Serves a proxy whose attempts are traced. */
async function serve({ tracing, frame, ...options }: Setting): Promise<ServedProxy & { stop(): void }> {
  const served = resources.use(await serveProxy(options, frame));
  return { ...served, stop: traceAttempts(served.proxy, { tracerProvider, ...tracing }) };
}

const endedIn = ({ events }: Pick<ServedProxy, 'events'>) =>
  events.filter(({ type }) => type === 'request-ended').length;
const hasEvent = ({ events }: Pick<ServedProxy, 'events'>, type: ProxyEvent['type']) =>
  events.some((event) => event.type === type);

/** Waits for the end of so many requests. @returns the spans of attempts, in the order of their start. */
async function attemptSpans(served: ServedProxy, requests = 1): Promise<ReadableSpan[]> {
  await until(() => endedIn(served) === requests);
  return finished(SpanKind.CLIENT).sort(
    ({ attributes: { 'http.request.resend_count': a = 0 } }, { attributes: { 'http.request.resend_count': b = 0 } }) =>
      Number(a) - Number(b),
  );
}

const finished = (kind: SpanKind) => exporter.getFinishedSpans().filter((span) => span.kind === kind);

/** The span of the request, when the client has its response. */
async function requestSpan(): Promise<ReadableSpan> {
  await until(() => finished(SpanKind.SERVER).length === 1);
  return finished(SpanKind.SERVER)[0] as ReadableSpan;
}

/** What tells of an attempt's end. */
const endOf = ({ attributes, status, events }: ReadableSpan) => ({
  outcome: attributes['balancing_proxy.attempt.outcome'],
  status: attributes['http.response.status_code'],
  error: attributes['error.type'],
  isError: status.code === SpanStatusCode.ERROR,
  ...(status.message !== undefined && { message: status.message }),
  ...(events.length > 0 && { events }),
});

const fine = { status: undefined, error: undefined, isError: false };

describe('the span of an attempt', () => {
  test('is a child of the span in which the proxy was called and says what is asked of whom', async () => {
    const { url, port } = await start(answering(200, 'hello'));
    const served = await serve({ endpoints: [{ url, name: 'one' }], frame: withinSpan });
    await request(`${served.url}/path?query=1`);
    const [span] = await attemptSpans(served);
    const parent = await requestSpan();
    expect(span?.name).toBe('GET');
    expect(span?.kind).toBe(SpanKind.CLIENT);
    expect(span?.instrumentationScope.name).toBe('balancing-reverse-proxy');
    expect(span?.parentSpanContext).toEqual(parent.spanContext());
    expect(span?.status).toEqual({ code: SpanStatusCode.UNSET });
    expect(span?.attributes).toEqual({
      'http.request.method': 'GET',
      'url.full': `${url}/path`,
      'server.address': '127.0.0.1',
      'server.port': port,
      'http.response.status_code': 200,
      'balancing_proxy.endpoint': 'one',
      'balancing_proxy.attempt.reason': 'first',
      'balancing_proxy.attempt.outcome': 'won',
    });
  });

  test('has what samplers look at from the start', async () => {
    const seen: Attributes[] = [];
    const sampler: Sampler = {
      shouldSample: (_context, _traceId, _name, _kind, attributes) => {
        seen.push({ ...attributes });
        return { decision: SamplingDecision.NOT_RECORD };
      },
    };
    const { url } = await start(answering(200, 'hello'));
    const served = await serve({
      endpoints: [url],
      tracing: { tracerProvider: new BasicTracerProvider({ sampler }) },
    });
    expect((await request(served.url)).text).toBe('hello');
    expect(seen).toEqual([
      expect.objectContaining({ 'http.request.method': 'GET', 'url.full': `${url}/`, 'server.address': '127.0.0.1' }),
    ]);
  });

  test('has the URL that the endpoint is asked for, without the queries', async () => {
    const asked: unknown[] = [];
    const { url } = await start((req, res) => {
      asked.push(req.url);
      answering(200, 'hello')(req, res);
    });
    const served = await serve({
      endpoints: [`${url}/base?key=secret`],
      pathRewrite: (path) => path.replace('/old', '/new'),
      frame: (proxy) => express().use('/mount', proxy),
    });
    await request(`${served.url}/mount/old/a%2Fb?password=secret`);
    const [span] = await attemptSpans(served);
    expect(asked).toEqual(['/base/new/a%2Fb?key=secret&password=secret']);
    expect(span?.attributes['url.full']).toBe(`${url}/base/new/a%2Fb`);
  });

  test("has the client's query when that is wanted, without signatures", async () => {
    const { url } = await start(answering(200, 'hello'));
    const served = await serve({ endpoints: [`${url}/base?key=secret`], tracing: { urlQuery: true } });
    const query = '?sig=a%3D&page=2&X-Amz-Signature=b&design=new&X-Amz-Credential=c/d&x=sig=1';
    await request(`${served.url}/path${query}`);
    const [span] = await attemptSpans(served);
    expect(span?.attributes['url.full']).toBe(
      `${url}/base/path?sig=REDACTED&page=2&X-Amz-Signature=REDACTED&design=new&X-Amz-Credential=REDACTED&x=sig=1`,
    );
  });

  test('has the URL of an endpoint alone when that is what is asked for', async () => {
    const { url } = await start(answering(200, 'hello'));
    const served = await serve({ endpoints: [url] });
    await sendRaw(served.url, head('OPTIONS * HTTP/1.1', 'Host: x', 'Connection: close'));
    const [span] = await attemptSpans(served);
    expect(span?.attributes).toMatchObject({ 'http.request.method': 'OPTIONS', 'url.full': url });
  });

  test.each<[string, string, string, number | undefined]>([
    ['http://a.example', 'http://a.example/path', 'a.example', 80],
    ['https://a.example', 'https://a.example/path', 'a.example', 443],
    ['https://a.example:8443', 'https://a.example:8443/path', 'a.example', 8443],
    ['http://[::1]:8080', 'http://[::1]:8080/path', '::1', 8080],
    ['http+unix://%2Ftmp%2Fa.sock', 'http+unix://%2Ftmp%2Fa.sock/path', '/tmp/a.sock', undefined],
  ])('tells where %s is', (origin, full, address, port) => {
    const events = new Events();
    const stop = traceAttempts(events, { tracerProvider });
    events.emit(requestStarted);
    events.emit({ ...attemptStarted, origin });
    stop();
    const [span] = finished(SpanKind.CLIENT);
    expect(span?.attributes).toMatchObject({ 'url.full': full, 'server.address': address });
    expect(span?.attributes['server.port']).toBe(port);
  });

  test.each<[string, string | undefined, string, Attributes]>([
    ['QUERY', undefined, 'QUERY', { 'http.request.method': 'QUERY' }],
    ['PURGE', undefined, 'HTTP', { 'http.request.method': '_OTHER', 'http.request.method_original': 'PURGE' }],
    ['PURGE', 'PURGE, GET', 'PURGE', { 'http.request.method': 'PURGE' }],
    ['GET', 'PURGE, GET', 'GET', { 'http.request.method': 'GET' }],
    ['POST', 'PURGE, GET', 'HTTP', { 'http.request.method': '_OTHER', 'http.request.method_original': 'POST' }],
    ['POST', '', 'POST', { 'http.request.method': 'POST' }],
  ])('is named after %s where %j is the list of methods: %s', async (method, listed, name, attributes) => {
    const variable = 'OTEL_INSTRUMENTATION_HTTP_KNOWN_METHODS';
    if (listed !== undefined) process.env[variable] = listed;
    const { url } = await start(answering(200, 'hello'));
    const served = await serve({ endpoints: [url] });
    delete process.env[variable];
    await request(served.url, { method });
    const [span] = await attemptSpans(served);
    expect(span?.name).toBe(name);
    expect(span?.attributes).toMatchObject(attributes);
    expect('http.request.method_original' in (span?.attributes ?? {})).toBe(name === 'HTTP');
  });

  test('ends while the body of the winner is on its way', async () => {
    const released = Promise.withResolvers<void>();
    const { url } = await start((_, res) => {
      res.write('first');
      void released.promise.then(() => res.end('last'));
    });
    const served = await serve({ endpoints: [url] });
    const answer = request(served.url);
    await until(() => finished(SpanKind.CLIENT).length === 1);
    expect(hasEvent(served, 'request-ended')).toBe(false);
    released.resolve();
    expect((await answer).text).toBe('firstlast');
  });
});

const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';

describe('the parent of an attempt', () => {
  const served = async (frame?: Setting['frame']) =>
    serve({ endpoints: [(await start(answering(200, 'hello'))).url], ...(frame && { frame }) });

  test("is the client's span when there is none of the request", async () => {
    const proxy = await served();
    await request(proxy.url, { headers: { traceparent, tracestate: ['one=1', 'two=2'] } });
    const [span] = await attemptSpans(proxy);
    expect(span?.parentSpanContext).toMatchObject({
      traceId: '0af7651916cd43dd8448eb211c80319c',
      spanId: 'b7ad6b7169203331',
      isRemote: true,
    });
    expect(span?.spanContext().traceState?.serialize()).toBe('one=1,two=2');
  });

  test("is the client's span when the one of the request is invalid", async () => {
    const invalid = trace.wrapSpanContext({ traceId: '0'.repeat(32), spanId: '0'.repeat(16), traceFlags: 0 });
    const proxy = await served((balance) => (req, res) => {
      context.with(trace.setSpan(context.active(), invalid), () => balance(req, res));
    });
    await request(proxy.url, { headers: { traceparent } });
    expect((await attemptSpans(proxy))[0]?.parentSpanContext?.spanId).toBe('b7ad6b7169203331');
  });

  test('is the span of the request, whatever the client says', async () => {
    const proxy = await served(withinSpan);
    await request(proxy.url, { headers: { traceparent } });
    const [span] = await attemptSpans(proxy);
    expect(span?.parentSpanContext).toEqual((await requestSpan()).spanContext());
  });

  test.each<[string, readonly string[]]>([
    ['says nothing', []],
    ['says nonsense', ['nonsense']],
    ['names the trace of nobody', [`00-${'0'.repeat(32)}-b7ad6b7169203331-01`]],
    ['says two things', [traceparent, traceparent]],
  ])('is nobody when the client %s', async (_, values) => {
    const proxy = await served();
    await request(proxy.url, { headers: { traceparent: [...values] } });
    expect((await attemptSpans(proxy))[0]?.parentSpanContext).toBeUndefined();
  });

  test('is nobody when no propagator is registered', async () => {
    propagation.disable();
    const proxy = await served();
    await request(proxy.url, { headers: { traceparent } });
    expect((await attemptSpans(proxy))[0]?.parentSpanContext).toBeUndefined();
  });

  test('decides whether there is a span', async () => {
    const proxy = await served();
    expect((await request(proxy.url, { headers: { traceparent: traceparent.replace(/1$/, '0') } })).text).toBe('hello');
    expect(await attemptSpans(proxy)).toEqual([]);
  });

  test('has no span when nothing is to be traced', async () => {
    const proxy = await served((balance) => (req, res) => {
      context.with(suppressTracing(context.active()), () => balance(req, res));
    });
    expect((await request(proxy.url, { headers: { traceparent } })).text).toBe('hello');
    expect(await attemptSpans(proxy)).toEqual([]);
  });
});

describe('a race', () => {
  test('has a winner and cancelled losers, which are no errors', async () => {
    const endpoints = [await start(hanging), await start(answering(200, 'hello')), await start(hanging)];
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
    const late = await start((req, res) => void released.promise.then(() => answering(500, 'late')(req, res)));
    const good = await start(answering(200, 'hello'));
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
    const endpoints = [await start(hanging), await start(answering(200, 'hello'))];
    const served = await serve({
      endpoints: endpoints.map(({ url }) => url),
      strategy: 'hedge',
      order: 'given',
      hedge: { delayMs: 1 },
      loserGraceMs: 0,
    });
    await request(served.url);
    const spans = await attemptSpans(served);
    expect(spans.map(({ attributes }) => attributes['balancing_proxy.attempt.reason'])).toEqual(['first', 'delay']);
    expect(spans.map(({ attributes }) => attributes['http.request.resend_count'])).toEqual([undefined, 1]);
  });

  test('that the budget denied is told on the span of the request', async () => {
    const slow = await start((req, res) => {
      void until(() => hasEvent(served, 'hedge-denied')).then(() => answering(200, 'slow')(req, res));
    });
    const served = await serve({
      endpoints: [slow.url, (await start(hanging)).url],
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
  test('has an attempt after each failure', async () => {
    const refused = await refusedUrl();
    const bad = await start(answering(500, 'bad'));
    const good = await start(answering(200, 'good'));
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

const cutShort: RequestListener = (_, res) =>
  void res.writeHead(200, { 'Content-Length': 9 }).write('half', () => res.destroy());

describe('the end of an attempt', () => {
  test.each<[string, RequestListener, Partial<BalancingProxyOptions>, object]>([
    ['is no error when a usable 404 won', answering(404, ''), {}, { ...fine, outcome: 'won', status: 404 }],
    [
      'is an error when a 503 won because it is a terminal status',
      answering(503, ''),
      { terminalStatuses: '500' },
      { outcome: 'won', status: 503, error: '503', isError: true },
    ],
    [
      'is an error when a 404 was not usable',
      answering(404, ''),
      { terminalStatuses: '200' },
      { outcome: 'unusable', status: 404, error: '404', isError: true },
    ],
    [
      'is an error of its own kind when a 200 was not usable',
      answering(200, ''),
      { isUsable: () => false },
      { outcome: 'unusable', status: 200, error: 'unusable', isError: true },
    ],
    [
      'is an error when time was up',
      hanging,
      { timeouts: { responseMs: 20 } },
      {
        outcome: 'timed-out',
        status: undefined,
        error: 'ERR_BRP_RESPONSE_TIMEOUT',
        isError: true,
        message: expect.any(String),
      },
    ],
    [
      'is an error with a status when the response was cut short',
      cutShort,
      {},
      {
        outcome: 'failed',
        status: 200,
        error: 'ERR_BRP_CONNECTION_LOST',
        isError: true,
        message: expect.any(String),
      },
    ],
    [
      'is no error when the time of the whole request was up',
      hanging,
      { timeouts: { totalMs: 20 } },
      { ...fine, outcome: 'cancelled' },
    ],
  ])('%s', async (_, listener, options, end) => {
    const { url } = await start(listener);
    const served = await serve({ endpoints: [url], ...options });
    await request(served.url);
    expect((await attemptSpans(served)).map(endOf)).toEqual([end]);
  });

  test('comes for each one when no endpoint has a usable response', async () => {
    const served = await serve({
      endpoints: [(await start(answering(500, 'bad'))).url, await refusedUrl()],
      frame: withinSpan,
    });
    expect((await request(served.url)).text).toBe('bad');
    expect((await attemptSpans(served)).map((span) => endOf(span).outcome)).toEqual(['unusable', 'failed']);
    expect((await requestSpan()).attributes).toEqual({ 'balancing_proxy.attempts': 2 });
  });

  test('comes for each one when the client is gone, and is no error', async () => {
    const endpoints = [await start(hanging), await start(hanging)];
    const served = await serve({ endpoints: endpoints.map(({ url }) => url), frame: withinSpan });
    const client = http.get(served.url).on('error', () => {});
    await until(() => open.size === 3);
    client.destroy();
    const spans = await attemptSpans(served);
    expect(spans.map(endOf)).toEqual(Array(2).fill({ ...fine, outcome: 'cancelled' }));
  });
});

describe('the span of the request', () => {
  test('is left alone when it has ended before its attempts', async () => {
    const { url } = await start(answering(200, 'hello'));
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

describe('several proxies', () => {
  test('do not mix up their requests', async () => {
    const endpoints = [await start(answering(200, 'one')), await start(answering(200, 'two'))];
    const served = await Promise.all(endpoints.map(({ url }) => serve({ endpoints: [url], frame: withinSpan })));
    await Promise.all(served.map(({ url }) => request(url)));
    for (const proxy of served) await attemptSpans(proxy);
    await until(() => finished(SpanKind.SERVER).length === 2);
    const wins = finished(SpanKind.CLIENT).map(({ parentSpanContext, attributes }) => {
      const parent = finished(SpanKind.SERVER).find((span) => span.spanContext().spanId === parentSpanContext?.spanId);
      return [attributes['balancing_proxy.endpoint'], parent?.attributes['balancing_proxy.winner']];
    });
    expect(wins.sort()).toEqual(endpoints.map(({ url }) => [url, url]).sort());
  });
});

const requestStarted = {
  type: 'request-started',
  requestId: 1,
  method: 'GET',
  url: '/path',
  traceparent: undefined,
  tracestate: undefined,
} as const;

const attemptStarted = {
  type: 'attempt-started',
  requestId: 1,
  method: 'GET',
  url: '/path',
  endpoint: 'one',
  origin: 'http://one.example',
  target: '/path',
  attempt: 1,
  reason: 'first',
} as const;

const requestEnded = {
  type: 'request-ended',
  requestId: 1,
  method: 'GET',
  url: '/path',
  status: 200,
  winner: 'one',
  servedBy: 'one',
  bytes: 0,
  durationMs: 1,
  attempts: [],
  isBodyStreamed: false,
  strategy: 'race',
  error: undefined,
} as const;

describe('traceAttempts', () => {
  test('keeps nothing of a request that has ended', () => {
    const events = new Events();
    traceAttempts(events, { tracerProvider });
    for (const event of [requestStarted, requestEnded, attemptStarted]) events.emit(event);
    expect(open.size).toBe(0);
  });

  test('starts with the next request, whatever is under way', async () => {
    const released = Promise.withResolvers<void>();
    const endpoints = [
      await start((req, res) => void released.promise.then(() => answering(500, 'bad')(req, res))),
      await start(answering(200, 'hello')),
    ];
    const served = resources.use(
      await serveProxy({ endpoints: endpoints.map(({ url }) => url), strategy: 'failover' }),
    );
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
      await start(answering(500, 'bad')),
      await start((req, res) => void released.promise.then(() => answering(500, 'held')(req, res))),
      await start(answering(200, 'hello')),
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
    const { url } = await start(answering(200, 'hello'));
    const served = resources.use(await serveProxy({ endpoints: [url] }));
    traceAttempts(served.proxy);
    expect((await request(served.url)).text).toBe('hello');
    expect(await attemptSpans(served)).toEqual([]);
    trace.setGlobalTracerProvider(tracerProvider);
    await request(served.url);
    trace.disable();
    expect(await attemptSpans(served, 2)).toHaveLength(1);
  });
});
