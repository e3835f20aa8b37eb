import type { AttemptResult } from '../errors.ts';
import type { StartReason } from '../race/rules.ts';

/** How one attempt went. */
export interface AttemptReport extends AttemptResult {
  /** Why the attempt started: as the first, because the hedge delay was over, or because another one failed. */
  readonly reason: StartReason;
  /**
   * Bytes of a body that did not win and was kept to be read to its end, which is the price of asking several endpoints, unless
   * the client got this response for want of a better one. A small body counts with the length that it announces, even if it is
   * cut off then. 0 elsewhere.
   */
  readonly discardedBytes: number;
}
