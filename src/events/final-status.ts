import type { BalancingProxyError } from '../errors.ts';

/** What is known of a request's answer when the request has ended. */
export interface RequestEnding {
  /** The status of the head that the client got, if it got one. */
  readonly status: number | undefined;
  readonly error: BalancingProxyError | undefined;
}

/**
 * The status with which a request counts: the client's own, else the one that fits the error, because whoever answers the
 * error does so after the event. Undefined when the client left before it got any.
 */
export function finalStatusOf({ status, error }: RequestEnding): number | undefined {
  return status ?? (error?.code === 'ERR_BRP_CLIENT_GONE' ? undefined : error?.status);
}
