import { maxTimerMs } from '../timer.ts';
import { collect, reject } from './problems.ts';
import { finiteAbove, infinite, type Schema } from './schema.ts';

/**
 * Turns what the user gave for one option into what the code works with.
 * @throws InvalidOptions naming every problem found in it.
 */
export type Parser<T> = (value: unknown, option: string) => T;

/** The parser of an option, which says, too, what editors may take for a value. */
export interface OptionParser<T> extends Parser<T> {
  /**
   * The values that a file may give. Each one that the parser takes is among them; some that it refuses may be, too, such as a text that
   * is no certificate. {@link onlyInCode} where no file can give one.
   */
  readonly schema: Schema | undefined;
}

/** Stands for the schema of what no file can give, such as a function. */
export const onlyInCode = undefined;

/** A parser with its schema. */
export function withSchema<T>(schema: Schema | undefined, parse: Parser<T>): OptionParser<T> {
  return Object.assign((value: unknown, option: string) => parse(value, option), { schema });
}

/**
 * A value that passes a test, taken as it is; `expected` are the words for values that pass.
 * @param schema see {@link OptionParser.schema}.
 */
export function valueThat<T>(
  matches: (value: unknown) => boolean,
  expected: string,
  schema: Schema | undefined,
): OptionParser<T> {
  return withSchema(schema, (value, option) => (matches(value) ? (value as T) : reject(option, expected, value)));
}

/** Whether a value, an object of any class or a function, has these methods. */
export function hasMethods(value: unknown, ...names: readonly string[]): value is object {
  if ((typeof value !== 'object' && typeof value !== 'function') || value === null) return false;
  return names.every((name) => typeof Reflect.get(value, name) === 'function');
}

/** One of a few words. */
export function oneOf<const T extends string>(allowed: readonly T[]): OptionParser<T> {
  const expected = `one of ${allowed.map((name) => `'${name}'`).join(', ')}`;
  return valueThat((value) => (allowed as readonly unknown[]).includes(value), expected, { enum: allowed });
}

/** A function of the user, whose type nobody can check. */
export function functionOf<T>(): OptionParser<T> {
  return valueThat((value) => typeof value === 'function', 'a function', onlyInCode);
}

/** A non-empty array whose every item has the same parser. */
export function arrayOf<T>(parse: OptionParser<T>, expected: string): OptionParser<readonly T[]> {
  const schema: Schema | undefined = parse.schema && { type: 'array', items: parse.schema, minItems: 1 };
  return withSchema(schema, (value, option) => {
    if (!Array.isArray(value) || value.length === 0) reject(option, expected, value);
    return Object.freeze(collect([...value.keys()], (index) => parse(value[index], `${option}[${index}]`)));
  });
}

/** A boolean; the text `'true'` is none. */
export const trueOrFalse = valueThat<boolean>((value) => typeof value === 'boolean', 'true or false', {
  type: 'boolean',
});

/** Whether a timer can keep a duration in milliseconds. */
export function isTimeable(value: unknown): value is number {
  return typeof value === 'number' && value > 0 && value <= maxTimerMs;
}

/** The words for what {@link isTimeable} takes. */
export const timeable = `milliseconds above 0 and up to ${maxTimerMs}`;

/** A duration that a timer can keep. */
export const finiteMilliseconds = valueThat<number>(isTimeable, timeable, {
  type: 'number',
  exclusiveMinimum: 0,
  maximum: maxTimerMs,
});

/** A duration that a timer can keep, or Infinity for none. */
export const milliseconds = valueThat<number>(
  (value) => value === Infinity || isTimeable(value),
  `${timeable}, or Infinity`,
  { type: 'number', exclusiveMinimum: 0, not: finiteAbove(maxTimerMs) },
);

/** A duration as {@link milliseconds} takes it, or 0. */
export const graceMs = valueThat<number>(
  (value) => value === 0 || value === Infinity || isTimeable(value),
  `milliseconds from 0 to ${maxTimerMs}, or Infinity`,
  { type: 'number', minimum: 0, not: finiteAbove(maxTimerMs) },
);

/** A number of bytes from 0; Infinity is none. */
export const byteCount = valueThat<number>(
  (value) => isWholeNumber(value, 0),
  'bytes, a whole number from 0',
  wholeNumber(0),
);

/** A number from `least`; Infinity is one. */
export function numberFrom(least: number): OptionParser<number> {
  return valueThat((value) => typeof value === 'number' && value >= least, `a number from ${least}`, {
    type: 'number',
    minimum: least,
  });
}

/** A whole number from `least`, or Infinity for no limit. */
export function wholeNumberFrom(least: number): OptionParser<number> {
  return valueThat(
    (value) => value === Infinity || isWholeNumber(value, least),
    `a whole number from ${least}, or Infinity`,
    { anyOf: [wholeNumber(least), infinite] },
  );
}

/** A whole number from `least`; Infinity is none. */
export function finiteWholeNumberFrom(least: number): OptionParser<number> {
  return valueThat((value) => isWholeNumber(value, least), `a whole number from ${least}`, wholeNumber(least));
}

function isWholeNumber(value: unknown, least: number): boolean {
  return Number.isSafeInteger(value) && (value as number) >= least;
}

function wholeNumber(least: number): Schema {
  return { type: 'integer', minimum: least, maximum: Number.MAX_SAFE_INTEGER };
}
