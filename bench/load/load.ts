/** Where to send requests, for how long, and which. */
export interface LoadOptions {
  readonly url: string;
  readonly seconds: number;
  /** The length of each POST's body; undefined sends GET requests. */
  readonly bodyBytes: number | undefined;
}

/** The result of a load as the clients have seen it. */
export interface LoadOutcome {
  readonly requestsPerSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** Requests without an answer, and answers that were no 2xx or 3xx. */
  readonly failures: number;
}

/** Loads a proxy with 32 connections, on each of which one request follows the other. */
export type Load = (options: LoadOptions) => Promise<LoadOutcome>;

/** The number of connections of a load. */
export const connections = 32;
