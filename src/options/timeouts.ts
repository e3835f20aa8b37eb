import type { Percentile } from '../race/percentile.ts';

/** An endpoint with more to say than its URL. */
export interface EndpointOptions {
  /** Absolute URL; `http:`, `https:`, or `http+unix://%2Fpath%2Fto.sock/base`. */
  readonly url: string | URL;
  /**
   * Name in logs, events, errors and snapshots.
   * @default the URL without credentials and query, and `address` in parentheses where it is given
   */
  readonly name?: string;
  /**
   * IP address, v4 or v6 without brackets, to connect to instead of looking up the URL's host name. All else is the URL's:
   * the port, the `Host` header, and the name that the certificate has to be for.
   * @default what the host name resolves to
   */
  readonly address?: string;
  /** Headers that every request to this endpoint gets; they replace what the client sent under these names. */
  readonly headers?: Readonly<Record<string, string | readonly string[]>>;
}

export type EndpointOption = string | URL | EndpointOptions;

/**
 * `200` and `'200'`: the whole class 200-299, as for every round hundred. `'2xx'`: the same. `'404'`: this status.
 * `'200-204'`: this range; so `'200-200'` is exactly 200. Several in one string are separated by commas.
 */
export type TerminalStatuses = string | number | ReadonlyArray<string | number>;

export interface TimeoutOptions {
  /**
   * Milliseconds for one attempt to set up its connection: DNS, TCP and TLS.
   * @default 3_000
   */
  readonly connectMs?: number;
  /**
   * Milliseconds from the start of one attempt to its response head.
   * @default 30_000
   */
  readonly responseMs?: number;
  /**
   * Milliseconds of silence within a response body. A client that reads slowly is not silence.
   * @default 60_000
   */
  readonly idleMs?: number;
  /**
   * Milliseconds for the whole request until it is settled which response is given, all attempts together. A usable
   * response that is held for a better one is given then, otherwise the answer is 504.
   * @default Infinity
   */
  readonly totalMs?: number;
  /**
   * Milliseconds that a client may leave a part of the body unread, 64 KiB at most, before its response is broken off and
   * the attempt cancelled. Until then it holds a connection to the endpoint.
   * @default Infinity
   */
  readonly clientMs?: number;
}

export interface HedgeOptions {
  /**
   * Milliseconds until the next attempt starts, or a percentile such as `'p95'` of what the endpoint tried last took for
   * its usable responses of the last 30 to 60 s, or, of a quiet service, for the last 20 to 40 of them. Before there
   * were 20 there is no hedge by time.
   * @default 'p95'
   */
  readonly delayMs?: number | Percentile;
  /**
   * Least milliseconds that a learned delay may be.
   * @default 5
   */
  readonly minDelayMs?: number;
  /**
   * Most milliseconds that a learned delay may be.
   * @default 2_000
   */
  readonly maxDelayMs?: number;
  /**
   * Attempts started by the delay, per request, over the last 10 s. When it is used up there is no further attempt by
   * time; attempts that follow a failure are not limited.
   * @default 0.2
   */
  readonly budgetRatio?: number;
  /**
   * Attempts started by the delay that are allowed within 10 s whatever the ratio; 0 is a strict ratio.
   * @default 3
   */
  readonly budgetFloor?: number;
  /**
   * Most attempts started by the delay that are under way at one moment.
   * @default 100
   */
  readonly maxConcurrent?: number;
}

export interface EjectionSettings {
  /**
   * Connection failures in a row (no address, refused, connect timeout) after which an endpoint is left out.
   * @default 5
   */
  readonly consecutiveFailures?: number;
  /**
   * Milliseconds that the first ejection lasts; it doubles each time the trial after it fails.
   * @default 1_000
   */
  readonly baseMs?: number;
  /**
   * Milliseconds that an ejection lasts at most.
   * @default 30_000
   */
  readonly maxMs?: number;
}
