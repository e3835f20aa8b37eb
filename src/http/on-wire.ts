import type { IncomingMessage } from 'node:http';
import { valuesOf } from './headers.ts';
import { http2StreamOf } from './http2-stream.ts';

/**
 * A header of a request as it came, whatever middleware has made of it since: how a body is framed and coded does not change. A
 * request that was made up, as adapters of other servers do, has `headers` only.
 * @param name in lower case.
 * @returns all values, joined, or undefined when there is none.
 */
export function onWire({ rawHeaders, headers }: IncomingMessage, name: string): string | undefined {
  if (rawHeaders.length > 0) {
    const values = valuesOf(rawHeaders, name);
    return values.length > 1 ? values.join(', ') : values[0];
  }
  const value = headers[name];
  return typeof value === 'string' ? value : undefined;
}

/**
 * The `Content-Length` of a request, or undefined when none counts. Lenient parsers take a length beside chunks, but the chunks say
 * where the body ends (RFC 9112 6.3): if the length went on, the rest of the body would be read as a request of the client's.
 */
export function lengthOnWire(req: IncomingMessage): string | undefined {
  return onWire(req, 'transfer-encoding') === undefined ? onWire(req, 'content-length') : undefined;
}

/** Whether the request announces a body, an empty one included (RFC 9112 6). */
export function announcesBody(req: IncomingMessage): boolean {
  const stream = http2StreamOf(req);
  if (stream) return !stream.endAfterHeaders;
  return onWire(req, 'content-length') !== undefined || onWire(req, 'transfer-encoding') !== undefined;
}
