/** @import { AttemptRow } from '../history/frame.ts' */

/**
 * Why an attempt starts, in words.
 * @type {Readonly<Record<AttemptRow['reason'], string>>}
 */
export const reasons = {
  first: 'first',
  race: 'beside the first',
  hedge: 'after the hedge delay',
  failure: 'after a failure',
  tier: 'when the tiers before were no help',
  retry: 'again when all had failed',
  resume: 'to go on with the body',
};

/**
 * How an attempt ends, in words. One that is pending is drawn in no race: all attempts of a request that has ended have ended.
 * @type {Readonly<Record<Exclude<AttemptRow['outcome'], 'pending'>, string>>}
 */
export const outcomes = {
  won: 'won',
  resumed: 'resumed: went on with a body',
  lost: 'lost: usable, but later',
  unusable: 'unusable',
  failed: 'failed',
  'timed-out': 'timed out',
  cancelled: 'cancelled',
};
