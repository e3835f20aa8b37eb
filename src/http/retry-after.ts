import { type HeaderList, valuesOf } from './headers.ts';

/** Nobody can ask to be left alone for longer than this. */
const maxMs = 60_000;

/** Statuses with which an endpoint asks for a pause (RFC 6585 4, RFC 9110 15.6.4). */
const pausing: ReadonlySet<number> = new Set([429, 503]);

/** Milliseconds for which an endpoint wants to be left alone, at most a minute; 0 when it does not say so. */
export function coolDownMsOf(status: number, headers: HeaderList): number {
  if (!pausing.has(status)) return 0;
  const [value = ''] = valuesOf(headers, 'retry-after');
  const ms = /^\s*\d+\s*$/.test(value) ? Number(value) * 1_000 : Date.parse(value) - Date.now();
  return Number.isNaN(ms) ? 0 : Math.min(Math.max(ms, 0), maxMs);
}
