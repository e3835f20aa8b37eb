import type { AttemptReport } from '../../events/attempt-report.ts';
import type { AttemptStarted } from '../../events/events.ts';
import { hostnameOf } from '../../http/hostname.ts';
import { withoutQuery } from '../../support/text.ts';

type SpanAttributes = Record<string, string | number>;

/** What a span is started with, by the semantic conventions for HTTP clients. */
interface SpanStart {
  readonly name: string;
  readonly attributes: SpanAttributes;
}

/** What is decided once for all spans. */
interface SpanSettings {
  /** The methods that are written as they are; all others are `_OTHER`. */
  readonly knownMethods: ReadonlySet<string>;
  /** Whether a URL is written with its query. */
  readonly urlQuery: boolean;
}

/** The name and the attributes of the span of an attempt that starts. */
export function startOfSpan(event: AttemptStarted, { knownMethods, urlQuery }: SpanSettings): SpanStart {
  const { method, attempt, endpoint, reason } = event;
  const isKnown = knownMethods.has(method);
  const attributes = {
    'http.request.method': isKnown ? method : '_OTHER',
    ...(!isKnown && { 'http.request.method_original': method }),
    ...destinationOf(event, urlQuery),
    ...(attempt > 1 && { 'http.request.resend_count': attempt - 1 }),
    'balancing_proxy.endpoint': endpoint,
    'balancing_proxy.attempt.reason': reason,
  };
  return { name: isKnown ? method : 'HTTP', attributes };
}

/** The attributes of the span of an attempt that has ended. */
export function outcomeAttributes({ outcome, status }: AttemptReport, errorType: string | undefined): SpanAttributes {
  return {
    'balancing_proxy.attempt.outcome': outcome,
    ...(status !== undefined && { 'http.response.status_code': status }),
    ...(errorType !== undefined && { 'error.type': errorType }),
  };
}

/** RFC 9110, RFC 5789 and QUERY, or the list that replaces them, as the conventions demand. */
export function knownMethods(): ReadonlySet<string> {
  const standard = 'GET,HEAD,POST,PUT,DELETE,CONNECT,OPTIONS,TRACE,PATCH,QUERY';
  const { OTEL_INSTRUMENTATION_HTTP_KNOWN_METHODS: listed } = process.env;
  return new Set((listed || standard).split(',').map((method) => method.trim()));
}

/** Where an attempt goes, as the conventions say it. A Unix socket has no port. */
function destinationOf({ origin, target }: AttemptStarted, urlQuery: boolean): SpanAttributes {
  const url = new URL(origin);
  const full = { 'url.full': origin + tracedTarget(target, urlQuery) };
  if (url.protocol === 'http+unix:') return { ...full, 'server.address': decodeURIComponent(url.hostname) };
  const port = Number(url.port) || (url.protocol === 'https:' ? 443 : 80);
  return { ...full, 'server.address': hostnameOf(url), 'server.port': port };
}

/** Values that are credentials by themselves; the conventions' list, with those of older ones. */
const signatures =
  /(?<=[?&](?:X-Amz-Signature|X-Amz-Credential|X-Amz-Security-Token|X-Goog-Signature|AWSAccessKeyId|Signature|sig)=)[^&]*/g;

function tracedTarget(target: string, urlQuery: boolean): string {
  // RFC 9110 7.1: what `OPTIONS *` asks for has no path.
  if (target === '*') return '';
  return urlQuery ? target.replaceAll(signatures, 'REDACTED') : withoutQuery(target);
}

/**
 * Why an attempt is an error, if it is one. Losers are none, they were given up on purpose. A usable 4xx is what the
 * client asked for, as on the server's own span; a 5xx stays an error even where it is a terminal status.
 */
export function errorTypeOf({ outcome, status = 0, error }: AttemptReport): string | undefined {
  if (outcome === 'cancelled' || outcome === 'lost') return undefined;
  if (outcome === 'won') return status < 500 ? undefined : String(status);
  return error?.code ?? (status < 400 ? 'unusable' : String(status));
}
