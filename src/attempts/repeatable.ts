import { type AttemptResult, isUnprocessed } from '../errors.ts';

/** The statuses of gateways whose own endpoint is out of reach, and of servers that start or stop, RFC 9110 15.6.3 to 15.6.5. */
const unreachable: ReadonlySet<number> = new Set([502, 503, 504]);

/** The same, without a response: a process that ends takes its connections along. */
const lost: ReadonlySet<string> = new Set(['ERR_BRP_CONNECTION_LOST', 'ERR_BRP_STALE_CONNECTION']);

/**
 * Whether an endpoint may be asked again soon after an attempt that went like this: the request surely reached nobody, or it may be
 * sent twice and its endpoint was not there to answer it.
 * @param isIdempotent whether the request may be sent twice.
 */
export function isWorthRepeating({ error, status, outcome }: AttemptResult, isIdempotent: boolean): boolean {
  if (error && isUnprocessed(error)) return true;
  if (!isIdempotent) return false;
  return error ? lost.has(error.code) : outcome === 'unusable' && unreachable.has(status ?? 0);
}
