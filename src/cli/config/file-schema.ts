import { schemaWithout } from '../../options/documented.ts';
import type { Schema } from '../../support/parser/schema.ts';
import { notInFiles } from './not-in-files.ts';

/** A schema with what stands at the head of its file. */
interface SchemaFile extends Schema {
  readonly $schema: string;
  readonly title: string;
}

/** The JSON Schema of the file of `-config`. Draft 7, because editors know no later one as well. */
export function fileSchema(): SchemaFile {
  const { properties, ...schema } = schemaWithout([...notInFiles.keys()]);
  return {
    $schema: 'http://json-schema.org/draft-07/schema#',
    title: 'The configuration file of balancing-reverse-proxy',
    ...schema,
    properties: { $schema: { description: 'The place of this schema, for editors.' }, ...properties },
  };
}
