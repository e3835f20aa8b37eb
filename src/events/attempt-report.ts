import type { AttemptResult } from '../errors.ts';
import type { StartReason } from '../race/rules.ts';

/** What became of one attempt. */
export interface AttemptReport extends AttemptResult {
  /** Why the attempt started: it was the first, the hedge delay was over, or another one failed. */
  readonly reason: StartReason;
  /**
   * Bytes of the body of a response that did not win and was kept to be read to its end: what the redundancy costs,
   * unless the client got this response because there was no better one. What a small body announces counts whole, even
   * if it then takes too long and is cut off. 0 elsewhere.
   */
  readonly discardedBytes: number;
}
