/** The part of JSON Schema, draft 7, by which editors are told which values a file may give to an option. */
export interface Schema {
  /** Explains the value to whoever hovers over it. */
  readonly description?: string;
  /** The value that counts when none is given. */
  readonly default?: string | number | boolean;
  readonly type?: 'boolean' | 'string' | 'number' | 'integer' | 'array' | 'object';
  readonly enum?: readonly string[];
  readonly pattern?: string;
  readonly minLength?: number;
  readonly minimum?: number;
  readonly exclusiveMinimum?: number;
  readonly maximum?: number;
  readonly items?: Schema;
  readonly minItems?: number;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly propertyNames?: Schema;
  readonly additionalProperties?: Schema | false;
  readonly required?: readonly string[];
  readonly anyOf?: readonly Schema[];
  readonly not?: Schema;
}

/** A text of this form. */
export function textLike(pattern: RegExp): Schema {
  return { type: 'string', pattern: pattern.source };
}

/** One value, or a list of some. */
export function oneOrSome(one: Schema, least = 1): Schema {
  return { anyOf: [one, { type: 'array', items: one, ...(least > 0 && { minItems: least }) }] };
}

/** A value of any of these kinds, but for those that no file can give. */
export function anyOf(...kinds: ReadonlyArray<Pick<ToldOption, 'schema'>>): Schema {
  return { anyOf: kinds.flatMap(({ schema }) => schema?.anyOf ?? schema ?? []) };
}

/** Infinity, which YAML has and JSON Schema has no word for: above all numbers that can be written. */
export const infinite: Schema = { type: 'number', exclusiveMinimum: Number.MAX_VALUE };

/** A number above `most` that is not Infinity. */
export function finiteAbove(most: number): Schema {
  return { type: 'number', exclusiveMinimum: most, maximum: Number.MAX_VALUE };
}

/** An option as people and editors are told of it. */
export interface ToldOption {
  /** The values that a file may give; undefined where only code can give one. */
  readonly schema: Schema | undefined;
  /** The default as a table shows it, code in backticks; undefined where the default is that of each field. */
  readonly fallback: string | undefined;
  /** The default, where a user could give it as well. */
  readonly byDefault?: string | number | boolean;
  /** Explains the option to users: without a full stop, code in backticks. Rows of docs and doc comments begin with it, and may go on. */
  readonly says: string;
}

/** The word that stands in the place of a default where an option has to be given. */
export const toBeGiven = 'required';

/**
 * An object of options, and of no other fields.
 * @param hasDefaults false where something else stands behind an option that is not given.
 */
export function objectSchema(table: Readonly<Record<string, ToldOption>>, hasDefaults = true): Schema {
  const told = Object.entries(table).flatMap(([name, option]) => {
    const schema = propertySchema(option, hasDefaults);
    return schema ? [[name, schema] as const] : [];
  });
  const required = Object.keys(table).filter((name) => table[name]?.fallback === toBeGiven);
  return {
    type: 'object',
    properties: Object.fromEntries(told),
    ...(required.length > 0 && { required }),
    additionalProperties: false,
  };
}

function propertySchema({ schema, says, fallback, byDefault }: ToldOption, hasDefault: boolean): Schema | undefined {
  if (schema === undefined) return undefined;
  const isTold = hasDefault && fallback !== undefined && fallback !== toBeGiven;
  const isInJson = hasDefault && byDefault !== undefined && byDefault !== Infinity;
  return {
    description: isTold ? `${says}. Default: ${fallback}.` : `${says}.`,
    ...(isInJson && { default: byDefault }),
    ...schema,
  };
}
