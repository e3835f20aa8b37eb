import type { BalancingProxyError } from '../errors.ts';

/** Whether the client has ended its request, by leaving or by reading nothing: no endpoint is to blame. */
export function isClientsDoing(error: BalancingProxyError | undefined): boolean {
  return error?.code === 'ERR_BRP_CLIENT_GONE' || error?.code === 'ERR_BRP_CLIENT_TIMEOUT';
}

/** Whether the client or the app has ended the request: no endpoint is to blame. */
export function isOthersDoing(error: BalancingProxyError | undefined): boolean {
  return error?.code === 'ERR_BRP_ENDED_BY_APP' || isClientsDoing(error);
}
