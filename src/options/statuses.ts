import { type IsTerminal, parseStatusRule, type StatusRule, statusesOf } from '../http/terminal.ts';
import { type OptionParser, withSchema } from '../support/parser/kinds.ts';
import { collect, reject } from '../support/parser/problems.ts';
import { oneOrSome, type Schema, textLike } from '../support/parser/schema.ts';

/**
 * `200` and `'200'`: the whole class 200-299, as for every round hundred. `'2xx'`: the same. `'404'`: this status.
 * `'200-204'`: this range; so `'200-200'` is exactly 200. `'!429'`: not this status, and so for each form. Several in one string are
 * separated by commas, and later ones win. Exclusions alone take away from the default.
 */
export type TerminalStatuses = string | number | ReadonlyArray<string | number>;

/** The statuses of all responses that a server means as such. */
export const usualStatuses = '100,200,300,400';

const expected = "statuses from 100 to 599 such as '100,200,300,400', '2xx', '404', '200-204' or '!429'";

const rule = /\s*!?(?:[1-5][xX]{2}|[1-5]\d\d(?:-[1-5]\d\d)?)\s*/.source;

const someStatuses: Schema = {
  anyOf: [textLike(new RegExp(`^${rule}(?:,${rule})*$`)), { type: 'integer', minimum: 100, maximum: 599 }],
};
const statusList = oneOrSome(someStatuses);

/**
 * The parser of an option that is written as {@link TerminalStatuses}.
 * @param byDefault the statuses from which a list of exclusions alone takes away.
 */
export function statusesFrom(byDefault: string): OptionParser<IsTerminal> {
  return withSchema(statusList, (value, option) => {
    const rules = rulesIn(value, option);
    const isExclusive = rules.every(({ isExclusion }) => isExclusion);
    const statuses = statusesOf(isExclusive ? [...rulesIn(byDefault, option), ...rules] : rules);
    if (statuses.size === 0) reject(option, 'statuses of which some are left', value);
    return (status) => statuses.has(status);
  });
}

function rulesIn(value: unknown, option: string): readonly StatusRule[] {
  const list: readonly unknown[] = Array.isArray(value) ? value : [value];
  const entries = list.flatMap((entry): unknown[] => (typeof entry === 'string' ? entry.split(',') : [entry]));
  if (entries.length === 0) reject(option, expected, value);
  const parseEntry = (entry: unknown) => {
    const isStatus = typeof entry === 'string' || typeof entry === 'number';
    return (isStatus && parseStatusRule(String(entry).trim())) || reject(option, expected, entry);
  };
  return collect(entries, parseEntry);
}
