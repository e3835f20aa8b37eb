import type { EndpointSnapshot, LatencySummary } from '../../../endpoints/state/snapshot.ts';
import type { AttemptOutcome, ErrorCode } from '../../../errors.ts';
import type { AttemptReason } from '../../../race/rules.ts';
import type { Strategy } from '../../../race/strategies/strategies.ts';

/**
 * The data of one event of the stream to the page, as JSON. The page is type-checked against this file without knowing Node, so that
 * types may come only from files that import nothing of Node.
 */
export interface Frame {
  /** The heading of the page. */
  readonly title: string;
  /** Whether the page may offer to drain and restore endpoints. */
  readonly allowActions: boolean;
  /** Figures of all requests, as clients saw them. */
  readonly clients: ClientsRow;
  /** Hedges that the budget denied since the proxy was created. */
  readonly hedgesDenied: number;
  /** The number of responses from which on percentiles are known. */
  readonly fewestResponses: number;
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
export interface ClientsRow {
  /** Requests per second, over the last 10 s. */
  readonly perSecond: number;
  /** Requests that ended in each slot of two seconds, the current slot last. */
  readonly activity: readonly number[];
  /** Share of the requests that were answered with a usable response, to its end. Requests whose clients left do not count. */
  readonly successRatio: number | null;
  /** Attempts per request. */
  readonly loadMultiplier: number | null;
  /** Percentiles of the time from the request to the usable response; null while too little is known. */
  readonly latencyMs: LatencySummary | null;
  /** The number of the responses of {@link latencyMs}. */
  readonly latencyCount: number;
  /** The strategies of the last minute, the most frequent first; after a minute without a request, that of the last one. */
  readonly strategies: readonly StrategyShare[];
  /** Share of the requests with the strategy `hedge` for which a hedge started. */
  readonly hedgedRatio: number | null;
  /** Whether there ever was a request with the strategy `hedge`. */
  readonly hasHedged: boolean;
  /** Counts since the dashboard was created: requests, those without a whole usable response, breaks within bodies that were mended. */
  readonly totals: { readonly requests: number; readonly failures: number; readonly resumes: number };
}

/** A strategy with its share of the requests. */
export interface StrategyShare {
  readonly strategy: Strategy;
  readonly ratio: number;
}

/** One endpoint. Figures are those of the last minute where nothing else is said; ratios as in {@link ClientsRow}. */
export interface EndpointRow
  extends Pick<EndpointSnapshot, 'name' | 'tier' | 'state' | 'backInMs' | 'inFlight' | 'latencyCount'> {
  /** Why the endpoint is ejected or on trial; null when it is neither. */
  readonly ejectionCause: EndpointSnapshot['ejectionCause'] | null;
  /** Attempts that ended per second, over the last 10 s. */
  readonly attemptsPerSecond: number;
  /** Attempts that ended in each slot of two seconds, the current slot last. */
  readonly activity: readonly number[];
  /** Share of the wins of all endpoints. */
  readonly winRatio: number | null;
  /** Share of usable responses among the attempts that were not cancelled, without those whose body broke off. */
  readonly successRatio: number | null;
  /** Percentiles of the latency; null while too little is known. */
  readonly latencyMs: LatencySummary | null;
  /** Times that the endpoint was ejected since the dashboard was created. */
  readonly ejections: number;
  /** Bodies that broke off while a client was being given them, since the dashboard was created. */
  readonly breaks: number;
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
  readonly strategy: Strategy | null;
  /** The code of the error, if there was one. */
  readonly error: ErrorCode | null;
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
  readonly reason: AttemptReason;
  /** How the attempt ended. */
  readonly outcome: AttemptOutcome | 'pending';
  /** The status that the endpoint answered, if it did. */
  readonly status: number | null;
  /** The code of the error, if the attempt failed, or its body broke off later. */
  readonly error: ErrorCode | null;
  /** Where the body broke off while the client was being given it: milliseconds from the start of the attempt, and bytes of the body. */
  readonly brokeOff: { readonly afterMs: number; readonly atByte: number } | null;
  /** Milliseconds from the request to the start of the attempt. */
  readonly startedAfterMs: number;
  /** Milliseconds for which the response was held: from its head to the outcome; null when no head came. */
  readonly heldMs: number | null;
  /** Milliseconds from the start of the attempt to its outcome. */
  readonly durationMs: number;
}
