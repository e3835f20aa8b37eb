import type { EjectionOptions } from '../endpoints/ejection.ts';
import { type IsTerminal, parseStatusRange, terminalIn } from '../http/terminal.ts';
import { isPercentile, type Percentile } from '../race/percentile.ts';
import {
  collect,
  fields,
  isPlainObject,
  milliseconds,
  numberFrom,
  optional,
  type Parser,
  reject,
  valueThat,
  wholeNumberFrom,
} from '../support/parser/kinds.ts';
import { maxTimerMs } from '../support/timer.ts';
import type { HedgeOptions, TimeoutOptions } from './timeouts.ts';

/** The options that are written as statuses. */
export const statuses: Parser<IsTerminal> = (value, option) => {
  const expected = "statuses from 100 to 599 such as '100,200,300,400', '2xx', '404' or '200-204'";
  const list: readonly unknown[] = Array.isArray(value) ? value : [value];
  const entries = list.flatMap((entry): unknown[] => (typeof entry === 'string' ? entry.split(',') : [entry]));
  if (entries.length === 0) reject(option, expected, value);
  const parseEntry = (entry: unknown) => {
    const isStatus = typeof entry === 'string' || typeof entry === 'number';
    return (isStatus && parseStatusRange(String(entry).trim())) || reject(option, expected, entry);
  };
  return terminalIn(collect(entries, parseEntry));
};

export const timeouts = fields<Required<TimeoutOptions>>({
  connectMs: optional(milliseconds, 3_000),
  responseMs: optional(milliseconds, 30_000),
  idleMs: optional(milliseconds, 60_000),
  totalMs: optional(milliseconds, Infinity),
  clientMs: optional(milliseconds, Infinity),
});

const hedgeDelay = valueThat<number | Percentile>(
  (value) => (typeof value === 'number' ? value > 0 && value <= maxTimerMs : isPercentile(value)),
  `milliseconds above 0 and up to ${maxTimerMs}, or a percentile such as 'p95'`,
);

const hedgeFields = fields<Required<HedgeOptions>>({
  delayMs: optional(hedgeDelay, 'p95'),
  minDelayMs: optional(numberFrom(0), 5),
  maxDelayMs: optional(milliseconds, 2_000),
  budgetRatio: optional(numberFrom(0), 0.2),
  budgetFloor: optional(wholeNumberFrom(0), 3),
  maxConcurrent: optional(wholeNumberFrom(1), 100),
});

export const hedge: Parser<Required<HedgeOptions>> = (value, option) => {
  const parsed = hedgeFields(value, option);
  const { minDelayMs, maxDelayMs } = parsed;
  if (minDelayMs > maxDelayMs) reject(`${option}.minDelayMs`, `at most maxDelayMs, ${maxDelayMs}`, minDelayMs);
  return parsed;
};

const ejectionFields = fields<EjectionOptions>({
  consecutiveFailures: optional(wholeNumberFrom(1), 5),
  baseMs: optional(milliseconds, 1_000),
  maxMs: optional(milliseconds, 30_000),
});

/** true is all defaults. */
export const ejection: Parser<EjectionOptions | false> = (value, option) => {
  if (value === false) return false;
  if (value !== true && !isPlainObject(value)) reject(option, 'true, false or an object', value);
  return ejectionFields(value === true ? {} : value, option);
};
