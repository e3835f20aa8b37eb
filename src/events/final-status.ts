import type { BalancingProxyError } from '../errors.ts';

/** The answer to a request, when the request has ended. */
export interface RequestEnding {
  /** The status of the head that the client got, if it got one. */
  readonly status: number | undefined;
  /** Why the request was not answered, or not to its end. */
  readonly error: BalancingProxyError | undefined;
}

/**
 * The status with which a request counts: the one that the client got, else that of the error, which is answered after the
 * event. Undefined when the client left before.
 */
export function finalStatusOf({ status, error }: RequestEnding): number | undefined {
  return status ?? (error?.code === 'ERR_BRP_CLIENT_GONE' ? undefined : error?.status);
}
