import type { EjectionRules } from '../endpoints/state/ejection.ts';
import {
  milliseconds,
  type OptionParser,
  trueOrFalse,
  valueThat,
  wholeNumberFrom,
  withSchema,
} from '../support/parser/kinds.ts';
import { inWords, type OptionTable, objectOf, option } from '../support/parser/option.ts';
import { reject } from '../support/parser/problems.ts';
import { anyOf } from '../support/parser/schema.ts';
import { isPlainObject } from '../support/plain-object.ts';

/** When an endpoint that cannot be reached, or that fails too often, is left out, and for how long. */
export interface EjectionOptions {
  /**
   * Connection failures in a row (no address, refused, connect timeout) until an endpoint is left out.
   * @default 5
   */
  readonly consecutiveFailures?: number | undefined;
  /**
   * Share of the recent attempts with whose failure an endpoint is left out, above 0 and up to 1. An attempt has failed that got an unusable
   * response, that timed out after it had connected, or whose response broke off or was no HTTP. Only the strategies `'hedge'`, `'failover'`
   * and `'single'` count attempts and leave the endpoint out, and never the last one that a request can count on. Recent are the attempts of
   * the last 30 to 60 s, or the last `minRequests` to twice as many where these were fewer.
   * @default none
   */
  readonly failureRatio?: number | undefined;
  /**
   * Fewest recent attempts by which `failureRatio` is judged.
   * @default 20
   */
  readonly minRequests?: number | undefined;
  /**
   * Time that the first ejection lasts, in milliseconds; it doubles each time the trial after it fails.
   * @default 1_000
   */
  readonly baseMs?: number | undefined;
  /**
   * Time that an ejection lasts at most, in milliseconds.
   * @default 30_000
   */
  readonly maxMs?: number | undefined;
}

const shareAboveNone = valueThat<number>(
  (value) => typeof value === 'number' && value > 0 && value <= 1,
  'a number above 0 and up to 1',
  { type: 'number', exclusiveMinimum: 0, maximum: 1 },
);

/** No share of failures is too much. */
const never = inWords('none', () => Infinity);

/** The options of `ejection`. */
export const ejectionOptions = {
  consecutiveFailures: option(
    wholeNumberFrom(1),
    5,
    'Connection failures in a row (no address, refused, connect timeout) until an endpoint is left out',
  ),
  failureRatio: option(
    shareAboveNone,
    never,
    'Share of the recent attempts with whose failure an endpoint is left out',
  ),
  minRequests: option(wholeNumberFrom(1), 20, 'Fewest recent attempts by which `failureRatio` is judged'),
  baseMs: option(milliseconds, 1_000, 'Time that the first ejection lasts'),
  maxMs: option(milliseconds, 30_000, 'Time that an ejection lasts at most'),
} satisfies OptionTable<EjectionOptions>;

const ejectionObject = objectOf(ejectionOptions);

/** The option `ejection`: true is all defaults. */
export const parseEjection: OptionParser<EjectionRules | false> = withSchema(
  anyOf(trueOrFalse, ejectionObject),
  (value, option) => {
    if (value === false) return false;
    if (value !== true && !isPlainObject(value)) reject(option, 'true, false or an object', value);
    return ejectionObject(value === true ? {} : value, option);
  },
);
