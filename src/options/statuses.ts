import { type IsTerminal, parseStatusRange, terminalIn } from '../http/terminal.ts';
import type { Parser } from '../support/parser/kinds.ts';
import { collect, reject } from '../support/parser/problems.ts';

/**
 * `200` and `'200'`: the whole class 200-299, as for every round hundred. `'2xx'`: the same. `'404'`: this status.
 * `'200-204'`: this range; so `'200-200'` is exactly 200. Several in one string are separated by commas.
 */
export type TerminalStatuses = string | number | ReadonlyArray<string | number>;

const expected = "statuses from 100 to 599 such as '100,200,300,400', '2xx', '404' or '200-204'";

/** An option that is written as {@link TerminalStatuses}. */
export const parseStatuses: Parser<IsTerminal> = (value, option) => {
  const list: readonly unknown[] = Array.isArray(value) ? value : [value];
  const entries = list.flatMap((entry): unknown[] => (typeof entry === 'string' ? entry.split(',') : [entry]));
  if (entries.length === 0) reject(option, expected, value);
  const parseEntry = (entry: unknown) => {
    const isStatus = typeof entry === 'string' || typeof entry === 'number';
    return (isStatus && parseStatusRange(String(entry).trim())) || reject(option, expected, entry);
  };
  return terminalIn(collect(entries, parseEntry));
};
