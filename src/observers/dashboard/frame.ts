import type { EndpointSnapshot, LatencySummary } from '../../endpoints/state/snapshot.ts';

/**
 * The data of one event of the stream to the page, as JSON. The page is type-checked against this file without knowing Node, so that
 * types may come only from files that import nothing of Node.
 */
export interface Frame {
  /** Whether the page may offer to drain and restore endpoints. */
  readonly allowActions: boolean;
  /** Figures of all requests. */
  readonly requests: RequestFigures;
  /** Hedges that the budget denied since the proxy was created. */
  readonly hedgesDenied: number;
  /** The endpoints, as many as are shown. */
  readonly endpoints: readonly EndpointRow[];
  /** The number of endpoints that are not shown. */
  readonly moreEndpoints: number;
  /** The latest races in the first frame of a stream, then those that ended since the frame before; oldest first. */
  readonly races: readonly RaceRow[];
  /** The number of races that ended since the frame before and are not shown, because there were so many. */
  readonly moreRaces: number;
}

/** Figures of all requests. Ratios are those of the last minute, from 0, or null when there was no request. */
export interface RequestFigures {
  /** Requests per second, over the last 10 s. */
  readonly perSecond: number;
  /** Share of the requests that were answered with a usable response. Requests whose clients left do not count. */
  readonly successRatio: number | null;
  /** Attempts per request. */
  readonly loadMultiplier: number | null;
}

/** One endpoint. Figures are those of the last minute where nothing else is said; ratios as in {@link RequestFigures}. */
export interface EndpointRow extends Pick<EndpointSnapshot, 'name' | 'tier' | 'state' | 'backInMs' | 'inFlight'> {
  /** Why the endpoint is ejected or on trial; null when it is neither. */
  readonly ejectionCause: EndpointSnapshot['ejectionCause'] | null;
  /** Attempts that ended per second, over the last 10 s. */
  readonly attemptsPerSecond: number;
  /** Attempts that ended in each slot of two seconds, the current slot last. */
  readonly activity: readonly number[];
  /** Share of the wins of all endpoints. */
  readonly winRatio: number | null;
  /** Share of failures among the attempts that were not cancelled; a body that broke off within is one, too. */
  readonly errorRatio: number | null;
  /** Percentiles of the latency; null while too little is known. */
  readonly latencyMs: LatencySummary | null;
  /** Times that the endpoint was ejected while somebody watched. */
  readonly ejections: number;
  /** Counts since the proxy was created. */
  readonly totals: { readonly attempts: number; readonly wins: number; readonly failures: number };
}

/** A request that has ended, and the attempts that were made for it. */
export interface RaceRow {
  /** Counts up from 1. */
  readonly id: number;
  /** When the request ended, in milliseconds since the epoch. */
  readonly endedAt: number;
  /** The method of the request. */
  readonly method: string;
  /** The path of the request, without the query, which may hold secrets. */
  readonly path: string;
  /** The status that the client got; null when it got none, or an error handler chose. */
  readonly status: number | null;
  /** The name of the endpoint whose response the client got, or the end of it after a resume. */
  readonly servedBy: string | null;
  /** Whether no response was usable and the request was passed on to others of the app. */
  readonly isPassedOn: boolean;
  /** Whether an attempt won. */
  readonly hasWinner: boolean;
  /** Breaks within the body that were mended. */
  readonly resumes: number;
  /** The strategy; null when the request ended before it was chosen. */
  readonly strategy: string | null;
  /** The code of the error, if there was one. */
  readonly error: string | null;
  /** Milliseconds from the request to the end of its response. */
  readonly durationMs: number;
  /** The attempts, as many as are listed. */
  readonly attempts: readonly AttemptRow[];
  /** The number of attempts that are not listed. */
  readonly moreAttempts: number;
}

/** One attempt of a race. */
export interface AttemptRow {
  /** The name of the endpoint. */
  readonly endpoint: string;
  /** Why the attempt started. */
  readonly reason: 'first' | 'race' | 'hedge' | 'failure' | 'tier' | 'retry' | 'resume';
  /** How the attempt ended. */
  readonly outcome: 'won' | 'lost' | 'resumed' | 'unusable' | 'failed' | 'timed-out' | 'cancelled' | 'pending';
  /** The status that the endpoint answered, if it did. */
  readonly status: number | null;
  /** The code of the error, if the attempt failed, or its body broke off later. */
  readonly error: string | null;
  /** Where the body broke off while the client was being given it: milliseconds from the start of the attempt, and bytes of the body. */
  readonly brokeOff: { readonly afterMs: number; readonly atByte: number } | null;
  /** Milliseconds from the request to the start of the attempt. */
  readonly startedAfterMs: number;
  /** Milliseconds from the start of the attempt to its outcome. */
  readonly durationMs: number;
}
