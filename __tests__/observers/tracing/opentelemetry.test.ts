import { type Attributes, context, propagation, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import { suppressTracing } from '@opentelemetry/core';
import { BasicTracerProvider, type Sampler, SamplingDecision } from '@opentelemetry/sdk-trace-base';
import express from 'express';
import { Events } from '../../../src/events/proxy-events.ts';
import { traceAttempts } from '../../../src/observers/tracing/opentelemetry.ts';
import { request } from '../../helpers/proxy.ts';
import { head, sendRaw } from '../../helpers/raw.ts';
import { answering } from '../../helpers/servers.ts';
import { until } from '../../helpers/until.ts';
import {
  attemptSpans,
  attemptStarted,
  finished,
  hasEvent,
  requestSpan,
  requestStarted,
  resources,
  type Setting,
  serve,
  traceparent,
  tracerProvider,
  withinSpan,
} from './traced-proxy.ts';

describe('the span of an attempt', () => {
  test('is a child of the span in which the proxy was called and says what is asked of whom', async () => {
    const { url, port } = await resources.start(answering(200, 'hello'));
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
    const { url } = await resources.start(answering(200, 'hello'));
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
    const { url } = await resources.start((req, res) => {
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
    const { url } = await resources.start(answering(200, 'hello'));
    const served = await serve({ endpoints: [`${url}/base?key=secret`], tracing: { urlQuery: true } });
    const query = '?sig=a%3D&page=2&X-Amz-Signature=b&design=new&X-Amz-Credential=c/d&x=sig=1';
    await request(`${served.url}/path${query}`);
    const [span] = await attemptSpans(served);
    expect(span?.attributes['url.full']).toBe(
      `${url}/base/path?sig=REDACTED&page=2&X-Amz-Signature=REDACTED&design=new&X-Amz-Credential=REDACTED&x=sig=1`,
    );
  });

  test('has the URL of an endpoint alone when that is what is asked for', async () => {
    const { url } = await resources.start(answering(200, 'hello'));
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
    const { url } = await resources.start(answering(200, 'hello'));
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
    const { url } = await resources.start((_, res) => {
      res.write('first');
      void released.promise.then(() => res.end('last'));
    });
    const served = await serve({ endpoints: [url] });
    const answer = request(served.url);
    await until(() => finished(SpanKind.CLIENT).length, 1);
    expect(hasEvent(served, 'request-ended')).toBe(false);
    released.resolve();
    expect((await answer).text).toBe('firstlast');
  });
});

describe('the parent of an attempt', () => {
  const served = async (frame?: Setting['frame']) =>
    serve({ endpoints: [(await resources.start(answering(200, 'hello'))).url], ...(frame && { frame }) });

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

describe('several proxies', () => {
  test('do not mix up their requests', async () => {
    const endpoints = [await resources.start(answering(200, 'one')), await resources.start(answering(200, 'two'))];
    const served = await Promise.all(endpoints.map(({ url }) => serve({ endpoints: [url], frame: withinSpan })));
    await Promise.all(served.map(({ url }) => request(url)));
    for (const proxy of served) await attemptSpans(proxy);
    await until(() => finished(SpanKind.SERVER).length, 2);
    const wins = finished(SpanKind.CLIENT).map(({ parentSpanContext, attributes }) => {
      const parent = finished(SpanKind.SERVER).find((span) => span.spanContext().spanId === parentSpanContext?.spanId);
      return [attributes['balancing_proxy.endpoint'], parent?.attributes['balancing_proxy.winner']];
    });
    expect(wins.sort()).toEqual(endpoints.map(({ url }) => [url, url]).sort());
  });
});
