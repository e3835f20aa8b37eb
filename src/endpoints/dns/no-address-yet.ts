import { BalancingProxyError } from '../../errors.ts';

/**
 * The error of a request that came before DNS has given any address: the endpoints are away, as when all are drained, and may soon be back.
 * @param cause names the names and says why. Clients may be shown the message, which does not.
 */
export function noAddressYet(cause: unknown): BalancingProxyError {
  const message = 'no endpoint is known yet, because DNS gives no address';
  return new BalancingProxyError('ERR_BRP_NO_ENDPOINT', message, { cause, headers: { 'Retry-After': '1' } });
}
