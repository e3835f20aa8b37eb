/** How a proxy is loaded. */
export interface LoadOptions {
  readonly url: string;
  readonly seconds: number;
  /** Of a POST; undefined sends a GET. */
  readonly bodyBytes: number | undefined;
}

/** What the clients saw. */
export interface LoadOutcome {
  readonly requestsPerSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** Requests without an answer, and answers that were no 2xx or 3xx. */
  readonly failures: number;
}

/** Loads a proxy with 32 connections, on each of which one request follows the other. */
export type Load = (options: LoadOptions) => Promise<LoadOutcome>;

export const connections = 32;
