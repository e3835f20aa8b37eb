import type { AnyOptions, Option } from '../support/parser/option.ts';
import { objectSchema, type Schema } from '../support/parser/schema.ts';
import { proxyOptions } from './config.ts';

/** An option as tables of options tell of it. */
interface DocumentedOption extends Pick<Option<unknown>, 'fallback' | 'says'> {
  /** With the options that it is within, as in `timeouts.connectMs` and `endpoints[].url`. */
  readonly path: string;
}

/** The options of a table, each before those within it. */
export function documented(table: AnyOptions, parent = ''): readonly DocumentedOption[] {
  return Object.entries(table).flatMap(([name, { fallback, says, fields = {}, items = [] }]) => [
    { path: `${parent}${name}`, fallback, says },
    ...documented(fields, `${parent}${name}.`),
    // Options that several tables share are the same ones.
    ...documented(Object.assign({}, ...items), `${parent}${name}[].`),
  ]);
}

/** The names of the options that no file can give, because they are functions or the like. */
export const namesOnlyInCode = Object.entries(proxyOptions).flatMap(([name, { schema }]) => (schema ? [] : [name]));

/** The schema of an object with any of the options, but for those of these names, and for those that only code can give. */
export function schemaWithout(names: readonly string[]): Schema {
  const { required, ...schema } = objectSchema(
    Object.fromEntries(Object.entries(proxyOptions).filter(([name]) => !names.includes(name))),
  );
  return schema;
}

/**
 * The sentence that explains an option, in the form of a flag's text: plain, in lower case, without a full stop.
 * @param path such as `timeouts.connectMs`.
 * @throws RangeError when there is no such option.
 */
export function sentenceOf(path: string): string {
  const says = documented(proxyOptions).find((option) => option.path === path)?.says;
  if (says === undefined) throw new RangeError(`no option ${path}`);
  return says.replaceAll('`', '').replace(/^[A-Z](?![A-Z])/, (first) => first.toLowerCase());
}
