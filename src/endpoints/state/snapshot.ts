/** All states that an endpoint may be in, from the one in which most requests may be sent to it to the one without any. */
export const endpointStates = ['available', 'cooling', 'trial', 'ejected', 'drained'] as const;

/**
 * Whether an endpoint is asked: `ejected` while it is left out because it cannot be reached or fails too often, `trial` while one
 * request tries it, `cooling` after a Retry-After, `drained` from `drain()` to `restore()`.
 */
export type EndpointState = (typeof endpointStates)[number];

/** All causes for which an endpoint may be left out, the one that concerns most requests first. */
export const ejectionCauses = ['unreachable', 'failures'] as const;

/** Why an endpoint is left out: it cannot be connected to, or too large a share of its attempts has failed. */
export type EjectionCause = (typeof ejectionCauses)[number];

/** The fewest responses for a percentile; with fewer ones it is a guess. */
export const fewestSamples = 20;

/** Percentiles in milliseconds. */
export interface LatencySummary {
  readonly p50: number;
  readonly p95: number;
  readonly p99: number;
}

/** The state of an endpoint at one moment, for people and dashboards. */
export interface EndpointSnapshot {
  /** The endpoint's name, as configured or its URL without credentials and query. */
  readonly name: string;
  /** The group of endpoints that it is asked with, from 0; the groups before are asked first. */
  readonly tier: number;
  /** Whether the endpoint is asked. */
  readonly state: EndpointState;
  /** Milliseconds until an ejected or cooling endpoint is asked again; 0 otherwise. */
  readonly backInMs: number;
  /** Why the endpoint is `ejected` or on `trial`; undefined in all other states. For `failures` a race asks it all the same. */
  readonly ejectionCause: EjectionCause | undefined;
  /** Attempts under way, and responses on their way to a client or kept in case nothing better comes. */
  readonly inFlight: number;
  /** Usable responses, won or lost, and bodies that were gone on with, since the proxy was created. */
  readonly successes: number;
  /** The successes that won: a client was given their heads. */
  readonly wins: number;
  /** Attempts that failed, timed out or were answered with an unusable response. */
  readonly failures: number;
  /** The failures for lack of time. */
  readonly timeouts: number;
  /** Losers that were cancelled before they answered, which says nothing about the endpoint's health. */
  readonly cancelled: number;
  /** Share of the recent attempts that succeeded, 0 to 1. A response that breaks off later counts once more, as a failure. */
  readonly healthRatio: number;
  /**
   * How long usable responses took in the last 30 to 60 s, or, when these were few, the last 20 to 40 of them, in milliseconds;
   * undefined before there were 20.
   */
  readonly latencyMs: LatencySummary | undefined;
  /** The number of the responses that {@link latencyMs} is of, or, while it is undefined, of those that there were so far. */
  readonly latencyCount: number;
}
