import { inspect } from 'node:util';
import { nearestOf } from '../nearest-name.ts';
import { isPlainObject } from '../plain-object.ts';
import { type OptionParser, type Parser, withSchema } from './kinds.ts';
import { collect, reject } from './problems.ts';
import { objectSchema, type ToldOption, toBeGiven } from './schema.ts';

/** The one entry of an option: how a value is checked, the default, and the sentence that explains the option. */
export interface Option<T> extends ToldOption {
  /** Checks what the user gave; undefined makes the default. */
  readonly parse: Parser<T>;
  /** The options that an object given for this one has. */
  readonly fields?: AnyOptions;
  /** The options that each object in a list given for this one has: those of one of these tables. */
  readonly items?: readonly AnyOptions[];
}

/** An entry for every option of `T`: the compiler refuses a table that forgets one. */
export type OptionTable<T> = { readonly [Name in keyof T]-?: Option<T[Name] | undefined> };

/** A table of options, whatever they are. */
export type AnyOptions = Readonly<Record<string, Option<unknown>>>;

/** The options of a table as the code works with them. */
export type ValuesOf<Table> = {
  readonly [Name in keyof Table]: Table[Name] extends { readonly parse: Parser<infer T> } ? T : never;
};

/** A default that only words can tell. */
interface DefaultInWords<T> {
  /** Code among them stands in backticks. */
  readonly words: string;
  readonly make: () => T;
}

/** A default that no user could write down; without `make` it is undefined. */
export function inWords(words: string): DefaultInWords<undefined>;
export function inWords<T>(words: string, make: () => T): DefaultInWords<T>;
export function inWords(words: string, make: () => unknown = () => undefined): DefaultInWords<unknown> {
  return { words, make };
}

/** The default of an option without which nothing is done. */
export const none = inWords('none');

/** A type from which nothing is inferred. TypeScript's own `NoInfer` came with 5.4, and our declarations are read by older ones. */
type Settled<T> = [T][T extends unknown ? 0 : never];

/**
 * An option whose default is a value that a user could give as well, or one {@link inWords}.
 * @param fields the options that an object given for this one has.
 */
export function option<T, Default extends T | undefined = never>(
  parse: OptionParser<T>,
  fallback: string | number | boolean | DefaultInWords<Default>,
  says: string,
  fields?: AnyOptions,
): Option<Settled<T | Default>> {
  const isInWords = typeof fallback === 'object';
  return {
    parse: isInWords ? defaultTo(fallback.make, parse) : (value = fallback, name) => parse(value, name),
    schema: parse.schema,
    fallback: isInWords ? fallback.words : `\`${inspect(fallback)}\``,
    ...(!isInWords && { byDefault: fallback }),
    says,
    ...(fields && { fields }),
  };
}

/**
 * An option that has to be given.
 * @param items the options that each object in a list given for this one has: those of one of these tables.
 */
export function required<T>(parse: OptionParser<T>, says: string, items?: readonly AnyOptions[]): Option<T> {
  return { parse, schema: parse.schema, fallback: toBeGiven, says, ...(items && { items }) };
}

/** An option that is an object of other options, all of which have their defaults. */
export function group<T>(parse: OptionParser<T>, fields: AnyOptions, says: string): Option<T> {
  const { schema } = parse;
  return { parse: (value = {}, name) => parse(value, name), schema, fallback: undefined, says, fields };
}

/** An object of options; unknown ones are problems, with the nearest known name. */
export function objectOf<Table extends AnyOptions>(table: Table): OptionParser<ValuesOf<Table>> {
  const parsers = Object.entries(table).map(([name, { parse }]) => [name, parse]);
  return withSchema(objectSchema(table), fields<ValuesOf<Table>>(Object.fromEntries(parsers)));
}

/** An object of options like {@link objectOf} that has only those which were given, without any default. */
export function givenOf<Table extends AnyOptions>(table: Table): OptionParser<Partial<ValuesOf<Table>>> {
  const parse = objectOf(table);
  return withSchema(objectSchema(table, false), (value, option) => {
    const given = Object.entries(parse(value, option)).filter(
      ([name]) => Reflect.get(value as object, name) !== undefined,
    );
    return Object.freeze(Object.fromEntries(given)) as Partial<ValuesOf<Table>>;
  });
}

/** The parsers of an object's fields; the compiler refuses a table that forgets one. */
type ParserTable<T> = { readonly [Key in keyof T]-?: Parser<T[Key]> };

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

/** A field that need not be there. */
export function optional<T, Default extends T | undefined>(parse: Parser<T>, fallback: Default): Parser<T | Default> {
  return defaultTo(() => fallback, parse);
}

function defaultTo<T, Default>(make: () => Default, parse: Parser<T>): Parser<T | Default> {
  return (value, option) => (value === undefined ? make() : parse(value, option));
}

function join(option: string, name: string): string {
  return option === '' ? name : `${option}.${name}`;
}

/** An unknown name as messages show it. YAML takes a value for a part of the name where the blank behind the colon is missing: it is not shown. */
export function shownName(name: string): string {
  return name.replace(/[^\w$-].*$/s, '…');
}

function describeUnknown(parent: string, name: string, known: readonly string[]): string {
  const shown = shownName(name);
  const nearest = nearestOf(shown, known);
  const advice = nearest === undefined ? `; known are ${known.join(', ')}` : `; did you mean \`${nearest}\`?`;
  return `option \`${join(parent, shown)}\` is unknown${advice}`;
}
