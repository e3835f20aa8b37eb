import type { AttemptReport, AttemptStarted } from '../../events/events.ts';
import { hostnameOf } from '../../http/hostname.ts';
import { withoutQuery } from '../../support/text.ts';

type SpanAttributes = Record<string, string | number>;

/** Settings of all spans. */
interface SpanSettings {
  /** The methods that are written as they are; all others are `_OTHER`. */
  readonly knownMethods: ReadonlySet<string>;
  /** Whether a URL is written with its query. */
  readonly urlQuery: boolean;
}

/** The name and the attributes of the span of an attempt that starts, by the semantic conventions for HTTP clients. */
export function startOfSpan(event: AttemptStarted, { knownMethods, urlQuery }: SpanSettings) {
  const { method, attempt, endpoint, reason } = event;
  const isKnown = knownMethods.has(method);
  const attributes: SpanAttributes = {
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

/** The known methods: those of RFC 9110 and RFC 5789 and QUERY, or those of the variable that replaces them by the conventions. */
export function knownMethods(): ReadonlySet<string> {
  const standard = 'GET,HEAD,POST,PUT,DELETE,CONNECT,OPTIONS,TRACE,PATCH,QUERY';
  const { OTEL_INSTRUMENTATION_HTTP_KNOWN_METHODS: listed } = process.env;
  return new Set((listed || standard).split(',').map((method) => method.trim()));
}

/** The attributes that say where an attempt goes. A Unix socket has no port. */
function destinationOf({ origin, target }: AttemptStarted, urlQuery: boolean): SpanAttributes {
  const url = new URL(origin);
  const full = { 'url.full': origin + tracedTarget(target, urlQuery) };
  if (url.protocol === 'http+unix:') return { ...full, 'server.address': decodeURIComponent(url.hostname) };
  const port = Number(url.port) || (url.protocol === 'https:' ? 443 : 80);
  return { ...full, 'server.address': hostnameOf(url), 'server.port': port };
}

/** Values of a query that are credentials: the conventions' list, with those of older conventions. */
const signatures =
  /(?<=[?&](?:X-Amz-Signature|X-Amz-Credential|X-Amz-Security-Token|X-Goog-Signature|AWSAccessKeyId|Signature|sig)=)[^&]*/g;

function tracedTarget(target: string, urlQuery: boolean): string {
  // The target `*` of OPTIONS is no path (RFC 9110 7.1).
  if (target === '*') return '';
  return urlQuery ? target.replaceAll(signatures, 'REDACTED') : withoutQuery(target);
}

/**
 * The `error.type` of an attempt, or undefined when it is no error. A loser is none, since it was given up on purpose. A usable 4xx is
 * none, since the client asked for something wrong, as on a server's own span. A 5xx is one even where it is a terminal status.
 */
export function errorTypeOf({ outcome, status = 0, error }: AttemptReport): string | undefined {
  if (outcome === 'cancelled' || outcome === 'lost') return undefined;
  if (outcome === 'won' || outcome === 'resumed') return status < 500 ? undefined : String(status);
  return error?.code ?? (status < 400 ? 'unusable' : String(status));
}
