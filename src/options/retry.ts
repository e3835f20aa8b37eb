import { finiteMilliseconds, graceMs } from '../support/parser/kinds.ts';
import { type OptionTable, option } from '../support/parser/option.ts';

/**
 * For how long, and how often, endpoints are asked again that could not be reached, so that the client waits while they restart. The
 * request surely reached nobody, as when the connection was refused; a request that may be sent twice is asked again after 502, 503 and
 * 504, and after a lost connection, too.
 */
export interface RetryOptions {
  /**
   * Time from the coming of a request within which all its endpoints are asked again, in milliseconds. 0 never asks again. An endpoint
   * whose `Retry-After` is not over is not asked.
   * @default 0
   */
  readonly forMs?: number | undefined;
  /**
   * Time from one round to the next, in milliseconds, above 0.
   * @default 250
   */
  readonly everyMs?: number | undefined;
}

/** The options of `retry`. */
export const retryOptions = {
  forMs: option(graceMs, 0, 'Time from the coming of a request within which all its endpoints are asked again'),
  everyMs: option(finiteMilliseconds, 250, 'Time from one round to the next'),
} satisfies OptionTable<RetryOptions>;
