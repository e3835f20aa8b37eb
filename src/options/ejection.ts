import type { EjectionRules } from '../endpoints/ejection.ts';
import { milliseconds, type Parser, wholeNumberFrom } from '../support/parser/kinds.ts';
import { type OptionTable, objectOf, option } from '../support/parser/option.ts';
import { reject } from '../support/parser/problems.ts';
import { isPlainObject } from '../support/plain-object.ts';

/** When an endpoint that cannot be reached is left out, and for how long. */
export interface EjectionOptions {
  /**
   * Connection failures in a row (no address, refused, connect timeout) until an endpoint is left out.
   * @default 5
   */
  readonly consecutiveFailures?: number;
  /**
   * Time that the first ejection lasts, in milliseconds; it doubles each time the trial after it fails.
   * @default 1_000
   */
  readonly baseMs?: number;
  /**
   * Time that an ejection lasts at most, in milliseconds.
   * @default 30_000
   */
  readonly maxMs?: number;
}

/** The options of `ejection`. */
export const ejectionOptions = {
  consecutiveFailures: option(
    wholeNumberFrom(1),
    5,
    'Connection failures in a row (no address, refused, connect timeout) until an endpoint is left out',
  ),
  baseMs: option(milliseconds, 1_000, 'Time that the first ejection lasts'),
  maxMs: option(milliseconds, 30_000, 'Time that an ejection lasts at most'),
} satisfies OptionTable<EjectionOptions>;

const ejectionObject = objectOf(ejectionOptions);

/** The option `ejection`: true is all defaults. */
export const parseEjection: Parser<EjectionRules | false> = (value, option) => {
  if (value === false) return false;
  if (value !== true && !isPlainObject(value)) reject(option, 'true, false or an object', value);
  return ejectionObject(value === true ? {} : value, option);
};
