import { type BalancingProxyError, isClientsDoing } from '../errors.ts';

/**
 * How a request ended. `served`: with a usable response, whole. `unusable`: with a response that was not usable, for want of a better
 * one. `broken-off`: the endpoint broke off within the body. `passed-on`: no response was usable, and the request was given to `next()`.
 * `error`: no endpoint's response could be given. `client-gone`: the client left, or read nothing for too long. `ended-by-app`: other code
 * of the app has answered, or ended the response.
 */
export type RequestOutcome =
  | 'served'
  | 'unusable'
  | 'broken-off'
  | 'passed-on'
  | 'error'
  | 'client-gone'
  | 'ended-by-app';

/** The end of a request, as far as its outcome depends on it. */
interface End {
  /** The endpoint that won, if one did. */
  readonly winner: string | undefined;
  /** The endpoint whose response the client got. */
  readonly servedBy: string | undefined;
  /** The status that the client got. */
  readonly status: number | undefined;
  /** Why it got no response, or not all of it. */
  readonly error: BalancingProxyError | undefined;
  /** The attempts that were made. */
  readonly attempts: readonly unknown[];
}

/** How a request ended, of the facts that observers are told. @param isPassedOn whether others answer it. */
export function requestOutcomeOf(
  { winner, servedBy, status, error, attempts }: End,
  isPassedOn: boolean,
): RequestOutcome {
  if (isPassedOn) return 'passed-on';
  if (isClientsDoing(error)) return 'client-gone';
  if (error?.code === 'ERR_BRP_ENDED_BY_APP') return 'ended-by-app';
  // When the chosen response breaks before its head is sent, the client gets an error like any other.
  if (error) return servedBy !== undefined && status !== undefined ? 'broken-off' : 'error';
  // A request that was answered without any endpoint, as `Max-Forwards: 0` wants, is served.
  return winner === undefined && attempts.length > 0 ? 'unusable' : 'served';
}
