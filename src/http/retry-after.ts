import { type HeaderList, valuesOf } from './headers.ts';

/** The longest time in milliseconds for which an endpoint is left alone. */
const maxMs = 60_000;

/** Statuses with which an endpoint asks for a pause (RFC 6585 4, RFC 9110 15.6.4); providers of AI mean by 529 that they have too much to do. */
const pausing: ReadonlySet<number> = new Set([429, 503, 529]);

/** Milliseconds for which an endpoint asks to be left alone, at most a minute; 0 when it does not ask. */
export function coolDownMsOf(status: number, headers: HeaderList): number {
  if (!pausing.has(status)) return 0;
  const [value = ''] = valuesOf(headers, 'retry-after');
  const ms = /^\s*\d+\s*$/.test(value) ? Number(value) * 1_000 : Date.parse(value) - Date.now();
  return Number.isNaN(ms) ? 0 : Math.min(Math.max(ms, 0), maxMs);
}
