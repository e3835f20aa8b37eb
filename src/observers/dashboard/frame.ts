import type { EndpointState, LatencySummary } from '../../endpoints/snapshot.ts';

/**
 * What the page is told, as JSON in the events of one stream. Types come only from files that import nothing of Node, which the
 * page does not know: it is checked against this file, too.
 */
export interface Frame {
  /** Whether the page may offer to drain and restore endpoints. */
  readonly allowActions: boolean;
  readonly requests: RequestFigures;
  /** Hedges that the budget denied since the proxy was created. */
  readonly hedgesDenied: number;
  readonly endpoints: readonly EndpointRow[];
  /** Endpoints beyond those that are shown. */
  readonly moreEndpoints: number;
  /** In the first frame of a stream the latest ones, then those that ended since the frame before; oldest first. */
  readonly races: readonly RaceRow[];
  /** Races that ended since the frame before and are not shown, because there were so many. */
  readonly moreRaces: number;
}

/** All requests. The ratios are those of the last minute, null without any request that they could be of. */
export interface RequestFigures {
  /** Over the last 10 s. */
  readonly perSecond: number;
  /** Share of the requests that were answered with a usable response; clients that left do not count. */
  readonly successRatio: number | null;
  /** Attempts per request. */
  readonly loadMultiplier: number | null;
}

/** One endpoint. What is not said to be a total or of this moment is of the last minute; ratios as above. */
export interface EndpointRow {
  readonly name: string;
  readonly state: EndpointState;
  /** Milliseconds until it is asked again. */
  readonly backInMs: number;
  /** Of this moment. */
  readonly inFlight: number;
  /** Attempts that ended, over the last 10 s. */
  readonly attemptsPerSecond: number;
  /** Attempts that ended, in slots of two seconds, the current one last. */
  readonly activity: readonly number[];
  /** Share of all wins. */
  readonly winRatio: number | null;
  /** Failures among the attempts that were not cancelled. */
  readonly errorRatio: number | null;
  /** Milliseconds; null while too little is known. */
  readonly latencyMs: LatencySummary | null;
  /** How often it was left out while somebody watched. */
  readonly ejections: number;
  /** Since the proxy was created. */
  readonly totals: { readonly attempts: number; readonly wins: number; readonly failures: number };
}

/** A request that has ended, and the attempts that were made for it. */
export interface RaceRow {
  /** Counts up. */
  readonly id: number;
  /** Milliseconds since the epoch. */
  readonly endedAt: number;
  readonly method: string;
  /** Without the query, which may hold secrets. */
  readonly path: string;
  /** What the client got, null when it got nothing or an error handler chose. */
  readonly status: number | null;
  /** The endpoint whose response the client got. */
  readonly servedBy: string | null;
  readonly hasWinner: boolean;
  readonly strategy: string | null;
  /** The code of the error. */
  readonly error: string | null;
  /** To the end of the response. */
  readonly durationMs: number;
  readonly attempts: readonly AttemptRow[];
  /** Attempts beyond those that are listed. */
  readonly moreAttempts: number;
}

/** One attempt of a race. */
export interface AttemptRow {
  readonly endpoint: string;
  readonly reason: 'first' | 'delay' | 'failure';
  readonly outcome: 'won' | 'lost' | 'unusable' | 'failed' | 'timed-out' | 'cancelled' | 'pending';
  readonly status: number | null;
  readonly error: string | null;
  /** Since the start of the request. */
  readonly startedAfterMs: number;
  readonly durationMs: number;
}
