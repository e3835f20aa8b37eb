import { inspect } from 'node:util';
import { BalancingProxyError } from '../../errors.ts';
import { nearestOf } from '../nearest-name.ts';
import { maxTimerMs } from '../timer.ts';

/**
 * Turns what the user gave for one option into what the code works with.
 * @throws InvalidOptions naming every problem found in it.
 */
export type Parser<T> = (value: unknown, option: string) => T;

/** The parsers of an object's fields; the compiler refuses a table that forgets one. */
export type ParserTable<T> = { readonly [Key in keyof T]-?: Parser<T[Key]> };

/** Carries problems up to whoever gathers them. */
export class InvalidOptions extends Error {
  readonly problems: readonly string[];

  constructor(problems: readonly string[]) {
    super(problems.join('\n'));
    this.problems = problems;
  }
}

/** Throws the one problem that a parser found, in words that follow the option's name. */
export function refuse(option: string, problem: string): never {
  throw new InvalidOptions([`option \`${option}\`: ${problem}`]);
}

/** Throws the one problem that a parser found: option, expected and received, in this order. */
export function reject(option: string, expected: string, received: unknown): never {
  refuse(option, `expected ${expected}, got ${show(received)}`);
}

/** The same for what may be a secret: only the type of the received value is told. */
export function rejectUnseen(option: string, expected: string, received: unknown): never {
  refuse(option, `expected ${expected}, got a value of type ${typeof received}`);
}

/** Runs a parser and turns its problems into one error that lists them all. */
export function parseOrThrow<T>(parse: Parser<T>, value: unknown): T {
  try {
    return parse(value, '');
  } catch (error) {
    if (!(error instanceof InvalidOptions)) throw error;
    const [first, ...more] = error.problems;
    const message =
      more.length === 0 ? `${first}` : `${error.problems.length} problems:\n- ${error.problems.join('\n- ')}`;
    throw new BalancingProxyError('ERR_BRP_OPTIONS', message);
  }
}

/** An object whose fields have a parser each; unknown fields are problems, with the nearest known name. */
export function fields<T extends object>(table: ParserTable<T>): Parser<T> {
  const known = Object.keys(table) as Array<keyof T & string>;
  return (value, option) => {
    if (!isPlainObject(value)) reject(option || 'options', 'an object', value);
    const problems = Object.keys(value)
      .filter((name) => !(known as string[]).includes(name))
      .map((name) => describeUnknown(option, name, known));
    const parsed = collect(known, (name) => [name, table[name](value[name], join(option, name))] as const, problems);
    return Object.freeze(Object.fromEntries(parsed)) as T;
  };
}

/** A non-empty array whose every item has the same parser. */
export function listOf<T>(parse: Parser<T>, expected: string): Parser<readonly T[]> {
  return (value, option) => {
    if (!Array.isArray(value) || value.length === 0) reject(option, expected, value);
    return Object.freeze(collect([...value.keys()], (index) => parse(value[index], `${option}[${index}]`)));
  };
}

export function optional<T, Fallback extends T | undefined>(
  parse: Parser<T>,
  fallback: Fallback,
): Parser<T | Fallback> {
  return (value, option) => (value === undefined ? fallback : parse(value, option));
}

export function oneOf<const T extends string>(allowed: readonly T[]): Parser<T> {
  const expected = `one of ${allowed.map((name) => `'${name}'`).join(', ')}`;
  return (value, option) => allowed.find((name) => name === value) ?? reject(option, expected, value);
}

export const boolean: Parser<boolean> = (value, option) =>
  typeof value === 'boolean' ? value : reject(option, 'true or false', value);

function isTimeable(value: unknown): value is number {
  return typeof value === 'number' && (value === Infinity || (value > 0 && value <= maxTimerMs));
}

/** A duration that a timer can keep, or Infinity for none. */
export const milliseconds: Parser<number> = (value, option) =>
  isTimeable(value) ? value : reject(option, `milliseconds above 0 and up to ${maxTimerMs}, or Infinity`, value);

/** The same, where 0 is a duration, too. */
export const graceMs: Parser<number> = (value, option) =>
  value === 0 || isTimeable(value) ? value : reject(option, `milliseconds from 0 to ${maxTimerMs}, or Infinity`, value);

export const byteCount: Parser<number> = (value, option) =>
  Number.isSafeInteger(value) && (value as number) >= 0
    ? (value as number)
    : reject(option, 'bytes, a whole number from 0', value);

export function numberFrom(least: number): Parser<number> {
  return (value, option) =>
    typeof value === 'number' && value >= least ? value : reject(option, `a number from ${least}`, value);
}

export function wholeNumberFrom(least: number): Parser<number> {
  return (value, option) =>
    value === Infinity || (Number.isSafeInteger(value) && (value as number) >= least)
      ? (value as number)
      : reject(option, `a whole number from ${least}, or Infinity`, value);
}

/** A value that is only checked for being of its kind; `matches` is the test and `expected` the words for it. */
export function valueThat<T>(matches: (value: unknown) => boolean, expected: string): Parser<T> {
  return (value, option) => (matches(value) ? (value as T) : reject(option, expected, value));
}

/** Not a Map, a Buffer, a URL or the like, whose contents are no fields. */
export function isPlainObject(value: unknown): value is Record<string, unknown> {
  return Object.prototype.toString.call(value) === '[object Object]';
}

/** Parses every item and gathers the problems of all, behind those that were `known` before. */
export function collect<Item, T>(items: readonly Item[], parse: (item: Item) => T, known: readonly string[] = []): T[] {
  const found = [...known];
  const parsed: T[] = [];
  for (const item of items) {
    try {
      parsed.push(parse(item));
    } catch (error) {
      if (!(error instanceof InvalidOptions)) throw error;
      found.push(...error.problems);
    }
  }
  if (found.length > 0) throw new InvalidOptions(found);
  return parsed;
}

function join(option: string, name: string): string {
  return option === '' ? name : `${option}.${name}`;
}

/** Where the blank behind a colon is missing, YAML takes the value for a part of the name: it is not shown. */
function describeUnknown(parent: string, name: string, known: readonly string[]): string {
  const shown = name.replace(/[^\w$-].*$/s, '…');
  const nearest = nearestOf(shown, known);
  const advice = nearest === undefined ? `; known are ${known.join(', ')}` : `; did you mean \`${nearest}\`?`;
  return `option \`${join(parent, shown)}\` is unknown${advice}`;
}

/**
 * Shows a wrong value on one line. What stands before an `@` may be credentials, however badly they are escaped, and so
 * may a query, and anything within an object.
 */
function show(value: unknown): string {
  if (typeof value === 'string') {
    const text = value
      .replace(/^([a-z][a-z0-9+.-]*:\/\/)?.*@/is, '$1***@')
      .replace(/^([^:/]*[:/][^?#]*[?#]).+$/s, '$1***');
    return inspect(text, { breakLength: Infinity, maxStringLength: 200 });
  }
  if (Array.isArray(value) && value.length === 0) return '[]';
  return typeof value === 'object' && value !== null ? Object.prototype.toString.call(value) : inspect(value);
}
