import { isPercentile, type Percentile, percentile } from '../race/percentile.ts';
import {
  finiteMilliseconds,
  isTimeable,
  milliseconds,
  numberFrom,
  type OptionParser,
  oneOf,
  timeable,
  valueThat,
  wholeNumberFrom,
  withSchema,
} from '../support/parser/kinds.ts';
import { type OptionTable, objectOf, option, type ValuesOf } from '../support/parser/option.ts';
import { reject } from '../support/parser/problems.ts';
import { anyOf, textLike } from '../support/parser/schema.ts';

/** When the next endpoint is asked because the ones before are slow, and how often. */
export interface HedgeOptions {
  /**
   * Time until the next attempt starts, a percentile to learn it from, or auto. In milliseconds, or such as `'p99.9'`. `'auto'` is the
   * percentile that spends four fifths of `budgetRatio`, corrected all the time by what was really spent; a further attempt by time in the
   * same request waits for the 90th percentile only. The times to learn from are those of the usable responses of the endpoint that was
   * asked last, over the last 30 to 60 s, or its last 20 to 40 responses where these were fewer. Before there were 20 responses, no
   * attempt starts by time.
   * @default 'auto'
   */
  readonly delayMs?: number | Percentile | 'auto' | undefined;
  /**
   * Lower limit of a learned delay, in milliseconds.
   * @default 5
   */
  readonly minDelayMs?: number | undefined;
  /**
   * Upper limit of a learned delay, in milliseconds.
   * @default 2_000
   */
  readonly maxDelayMs?: number | undefined;
  /**
   * Attempts started by the delay, per request, over the last 10 s: the extra load that you are ready to pay. Requests count that have
   * the strategy `'hedge'`. When the budget is used up there is no further attempt by time; attempts that follow a failure are not limited.
   * @default 0.05
   */
  readonly budgetRatio?: number | undefined;
  /**
   * Attempts started by the delay that are allowed within 10 s whatever the ratio. 0 keeps the ratio strictly, but then a service with
   * few requests never hedges.
   * @default 3
   */
  readonly budgetFloor?: number | undefined;
  /**
   * Most attempts started by the delay that are under way at one moment.
   * @default 100
   */
  readonly maxConcurrent?: number | undefined;
}

const hedgeDelay = valueThat<number | Percentile | 'auto'>(
  (value) => value === 'auto' || isTimeable(value) || isPercentile(value),
  `${timeable}, a percentile such as 'p95', or 'auto'`,
  anyOf(oneOf(['auto']), finiteMilliseconds, { schema: textLike(percentile) }),
);

/** The options of `hedge`. */
export const hedgeOptions = {
  delayMs: option(hedgeDelay, 'auto', 'Time until the next attempt starts, a percentile to learn it from, or auto'),
  minDelayMs: option(numberFrom(0), 5, 'Lower limit of a learned delay'),
  maxDelayMs: option(milliseconds, 2_000, 'Upper limit of a learned delay'),
  budgetRatio: option(numberFrom(0), 0.05, 'Attempts started by the delay, per request, over the last 10 s'),
  budgetFloor: option(
    wholeNumberFrom(0),
    3,
    'Attempts started by the delay that are allowed within 10 s whatever the ratio',
  ),
  maxConcurrent: option(wholeNumberFrom(1), 100, 'Most attempts started by the delay that are under way at one moment'),
} satisfies OptionTable<HedgeOptions>;

const hedgeObject = objectOf(hedgeOptions);

/** The option `hedge`. */
export const parseHedge: OptionParser<ValuesOf<typeof hedgeOptions>> = withSchema(
  hedgeObject.schema,
  (value, option) => {
    const parsed = hedgeObject(value, option);
    const { minDelayMs, maxDelayMs } = parsed;
    if (minDelayMs > maxDelayMs) reject(`${option}.minDelayMs`, `at most maxDelayMs, ${maxDelayMs}`, minDelayMs);
    return parsed;
  },
);
