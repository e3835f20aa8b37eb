import type { IncomingMessage } from 'node:http';
import { type HeaderList, valuesOf, withValuesOf } from './headers.ts';
import { receivedHeaders } from './received-headers.ts';

/** Methods that a client may ask the proxies on its way with (RFC 9110 7.6.2). Others may have the header, too, for nothing. */
const limitedMethods: ReadonlySet<string> = new Set(['OPTIONS', 'TRACE']);

/** Whether a request may go no further than to us: its `Max-Forwards` is used up. */
export function isForUs(req: IncomingMessage): boolean {
  if (!limitedMethods.has(req.method ?? '')) return false;
  return valuesOf(receivedHeaders(req).list, 'max-forwards').some((value) => /^0+$/.test(value));
}

/** The headers with one forward less, where the method counts them. What is no number is left as it is. */
export function withOneForwardLess(method: string, headers: HeaderList): HeaderList {
  if (!limitedMethods.has(method)) return headers;
  return withValuesOf(headers, 'max-forwards', (value) => (/^\d+$/.test(value) ? String(BigInt(value) - 1n) : value));
}
