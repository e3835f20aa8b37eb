import '../../support/refuse-old-node.ts';
import {
  type Attributes,
  type Context,
  context,
  isSpanContextValid,
  propagation,
  type Span,
  SpanKind,
  SpanStatusCode,
  type TextMapGetter,
  type Tracer,
  trace,
} from '@opentelemetry/api';
import type { AttemptEnded, AttemptStarted, ProxyEvent, RequestEnded, RequestStarted } from '../../events/events.ts';
import type { ObservedProxy } from '../../events/observed-proxy.ts';
import { parseOrThrow } from '../../support/parser/problems.ts';
import { checkPeer } from '../../support/peer.ts';
import { parseTraceOptions, type TraceAttemptsOptions } from './options.ts';
import { errorTypeOf, knownMethods, outcomeAttributes, startOfSpan } from './span-attributes.ts';

export type { TraceAttemptsOptions } from './options.ts';

/** A request whose attempts are traced, by the ids that events carry. */
interface TracedRequest {
  /** The context of its attempts' spans: the request's own span, or the client's. */
  readonly parent: Context;
  /** The spans of the attempts that are under way, by the number of the attempt. */
  readonly spans: Map<number, Span>;
  /** Breaks within the body that were mended so far. */
  resumes: number;
}

/**
 * Makes a span of each attempt, by the semantic conventions for HTTP clients. Its parent is the span in which the proxy was called, else
 * the client's, which takes a registered propagator that reads `traceparent`.
 * @returns the function that ends the tracing: open spans are ended, and no more are made.
 * @throws BalancingProxyError `ERR_BRP_PEER` when `@opentelemetry/api` is too old, `ERR_BRP_OPTIONS` that lists everything that is
 * wrong with the options.
 */
export function traceAttempts(proxy: Pick<ObservedProxy, 'subscribe'>, options: TraceAttemptsOptions = {}): () => void {
  checkPeer({ name: '@opentelemetry/api', user: 'traceAttempts()', oldest: '1.0.0', part: ['trace', trace] });
  const { tracerProvider, urlQuery } = parseOrThrow(parseTraceOptions, options);
  const spans = new AttemptSpans(tracerProvider.getTracer('balancing-reverse-proxy'), urlQuery);
  const unsubscribe = proxy.subscribe((event) => spans.observe(event));
  return () => {
    unsubscribe();
    spans.end();
  };
}

class AttemptSpans {
  readonly #tracer: Tracer;
  readonly #urlQuery: boolean;
  readonly #knownMethods = knownMethods();
  readonly #requests = new Map<number, TracedRequest>();

  constructor(tracer: Tracer, urlQuery: boolean) {
    this.#tracer = tracer;
    this.#urlQuery = urlQuery;
  }

  /** Makes, tells or ends spans, as an event says. */
  observe(event: ProxyEvent): void {
    if (event.type === 'request-started') {
      this.#requests.set(event.requestId, { parent: parentOf(event), spans: new Map(), resumes: 0 });
    }
    if (event.type === 'attempt-started') this.#attemptStarted(event);
    if (event.type === 'attempt-ended') this.#attemptEnded(event);
    if (event.type === 'hedge-denied') this.#tell(event.requestId, { 'balancing_proxy.hedge_denied': true });
    if (event.type === 'request-ended') this.#requestEnded(event);
  }

  /** Ends all open spans, without an outcome. */
  end(): void {
    for (const { spans } of this.#requests.values()) for (const span of spans.values()) span.end();
    this.#requests.clear();
  }

  #attemptStarted(event: AttemptStarted): void {
    const request = this.#requests.get(event.requestId);
    // The request began before the subscription, so the parent of its spans is not known.
    if (!request) return;
    this.#tell(event.requestId, { 'balancing_proxy.attempts': event.attempt });
    const { name, attributes } = startOfSpan(event, { knownMethods: this.#knownMethods, urlQuery: this.#urlQuery });
    const span = this.#tracer.startSpan(name, { kind: SpanKind.CLIENT, attributes }, request.parent);
    request.spans.set(event.attempt, span);
  }

  #attemptEnded({ requestId, attempt, report }: AttemptEnded): void {
    const request = this.#requests.get(requestId);
    const span = request?.spans.get(attempt);
    if (!request || !span) return;
    request.spans.delete(attempt);
    // Told at once, because the request's span may have ended when the request has.
    if (report.outcome === 'resumed') this.#tell(requestId, { 'balancing_proxy.resumes': ++request.resumes });
    if (report.outcome === 'won') this.#tell(requestId, { 'balancing_proxy.winner': report.endpoint });
    const errorType = errorTypeOf(report);
    span.setAttributes(outcomeAttributes(report, errorType));
    // A response that is an error by its status has no message.
    const { message } = report.error ?? {};
    if (errorType !== undefined) span.setStatus({ code: SpanStatusCode.ERROR, ...(message && { message }) });
    span.end();
  }

  #requestEnded({ requestId, outcome }: RequestEnded): void {
    if (outcome === 'passed-on') this.#tell(requestId, { 'balancing_proxy.passed_on': true });
    this.#requests.delete(requestId);
  }

  /** Sets attributes of the request's own span, if there is one: a client's span, of another process, records nothing here. */
  #tell(requestId: number, attributes: Attributes): void {
    const request = this.#requests.get(requestId);
    const span = request && trace.getSpan(request.parent);
    if (span?.isRecording()) span.setAttributes(attributes);
  }
}

const fieldsOf: TextMapGetter<Readonly<Record<string, string | undefined>>> = {
  keys: (carrier) => Object.keys(carrier),
  get: (carrier, key) => carrier[key],
};

/** The context of a request. Its first event comes within the call of the middleware, so the active context is the request's. */
function parentOf({ traceparent, tracestate }: RequestStarted): Context {
  const active = context.active();
  const spanContext = trace.getSpanContext(active);
  if (spanContext && isSpanContextValid(spanContext)) return active;
  return propagation.extract(active, { traceparent, tracestate }, fieldsOf);
}
