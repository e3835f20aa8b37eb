import type { BalancingProxyError } from '../../errors.ts';

/** An error in the words for logs, which clients do not read: its message, and that of what lies behind it. */
export function explained({ message, cause }: BalancingProxyError): string {
  if (cause === undefined) return message;
  return `${message}: ${cause instanceof Error ? cause.message || cause.name : String(cause)}`;
}
