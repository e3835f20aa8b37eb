import type { IncomingMessage } from 'node:http';
import { type HeaderList, valuesOf, withValuesOf } from './headers.ts';
import { receivedHeaders } from './received-headers.ts';

/** Methods with which a client may ask the proxies on its way (RFC 9110 7.6.2). With any other, `Max-Forwards` means nothing. */
const limitedMethods: ReadonlySet<string> = new Set(['OPTIONS', 'TRACE']);

/** Whether a request is for this proxy, since its `Max-Forwards` is used up. */
export function isForUs(req: IncomingMessage): boolean {
  if (!limitedMethods.has(req.method ?? '')) return false;
  return valuesOf(receivedHeaders(req).list, 'max-forwards').some((value) => /^0+$/.test(value));
}

/** The headers with one less in `Max-Forwards`, where the method counts. A value that is no number stays as it is. */
export function withOneForwardLess(method: string, headers: HeaderList): HeaderList {
  if (!limitedMethods.has(method)) return headers;
  return withValuesOf(headers, 'max-forwards', (value) => (/^\d+$/.test(value) ? String(BigInt(value) - 1n) : value));
}
