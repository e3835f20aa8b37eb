import { BalancingProxyError } from '../../errors.ts';

/** The error of a client that went away before its request or its response had ended. */
export function clientGone(): BalancingProxyError {
  return new BalancingProxyError('ERR_BRP_CLIENT_GONE', 'the client broke off the request');
}

/**
 * The error of a client that reads nothing.
 * @param clientMs the milliseconds for which it may do so.
 */
export function clientTimeout(clientMs: number): BalancingProxyError {
  const message = `the client left what was written to it unread for ${clientMs} ms`;
  return new BalancingProxyError('ERR_BRP_CLIENT_TIMEOUT', message);
}
