import type { RequestListener } from 'node:http';
import { context, DiagLogLevel, diag, propagation, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { W3CTraceContextPropagator } from '@opentelemetry/core';
import {
  BasicTracerProvider,
  InMemorySpanExporter,
  type ReadableSpan,
  SimpleSpanProcessor,
  type SpanProcessor,
} from '@opentelemetry/sdk-trace-base';
import type { ProxyEvent } from '../../../src/events/events.ts';
import type { BalancingProxy, BalancingProxyOptions } from '../../../src/index.ts';
import { type TraceAttemptsOptions, traceAttempts } from '../../../src/observers/tracing/opentelemetry.ts';
import { Resources, type ServedProxy } from '../../helpers/proxy.ts';
import { until } from '../../helpers/until.ts';

export const resources = new Resources();
const exporter = new InMemorySpanExporter();
export const open = new Set<unknown>();
const complaints: unknown[] = [];
const complain = (...words: unknown[]): void => void complaints.push(words);

const watching: SpanProcessor = {
  onStart: (span) => void open.add(span),
  onEnd: (span) => void open.delete(span),
  forceFlush: async () => {},
  shutdown: async () => {},
};
export const tracerProvider = new BasicTracerProvider({
  spanProcessors: [new SimpleSpanProcessor(exporter), watching],
});
export const tracer = tracerProvider.getTracer('test');

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

/** Serves a proxy in the manner of an instrumentation of HTTP servers: in the context of a span. */
export const withinSpan =
  (proxy: RequestListener): RequestListener =>
  (req, res) => {
    const span = tracer.startSpan('request', { kind: SpanKind.SERVER });
    res.once('close', () => span.end());
    context.with(trace.setSpan(context.active(), span), () => proxy(req, res));
  };

export interface Setting extends BalancingProxyOptions {
  readonly tracing?: TraceAttemptsOptions;
  readonly frame?: (proxy: BalancingProxy) => RequestListener;
}

/** Serves a proxy whose attempts are traced. */
export async function serve({ tracing, frame, ...options }: Setting): Promise<ServedProxy & { stop(): void }> {
  const served = await resources.serve(options, frame);
  return { ...served, stop: traceAttempts(served.proxy, { tracerProvider, ...tracing }) };
}

const endedIn = ({ events }: Pick<ServedProxy, 'events'>) =>
  events.filter(({ type }) => type === 'request-ended').length;
export const hasEvent = ({ events }: Pick<ServedProxy, 'events'>, type: ProxyEvent['type']) =>
  events.some((event) => event.type === type);

/** Waits for the end of so many requests. @returns the spans of attempts, in the order of their start. */
export async function attemptSpans(served: ServedProxy, requests = 1): Promise<ReadableSpan[]> {
  await until(() => endedIn(served), requests);
  return finished(SpanKind.CLIENT).sort(
    ({ attributes: { 'http.request.resend_count': a = 0 } }, { attributes: { 'http.request.resend_count': b = 0 } }) =>
      Number(a) - Number(b),
  );
}

export const finished = (kind: SpanKind) => exporter.getFinishedSpans().filter((span) => span.kind === kind);

/** The span of the request, when the client has its response. */
export async function requestSpan(): Promise<ReadableSpan> {
  await until(() => finished(SpanKind.SERVER).length, 1);
  return finished(SpanKind.SERVER)[0] as ReadableSpan;
}

/** What tells of an attempt's end. */
export const endOf = ({ attributes, status, events }: ReadableSpan) => ({
  outcome: attributes['balancing_proxy.attempt.outcome'],
  status: attributes['http.response.status_code'],
  error: attributes['error.type'],
  isError: status.code === SpanStatusCode.ERROR,
  ...(status.message !== undefined && { message: status.message }),
  ...(events.length > 0 && { events }),
});

export const fine = { status: undefined, error: undefined, isError: false };

export const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';

export const requestStarted = {
  type: 'request-started',
  requestId: 1,
  method: 'GET',
  url: '/path',
  traceparent: undefined,
  tracestate: undefined,
} as const;

export const attemptStarted = {
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
