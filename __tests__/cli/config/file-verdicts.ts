import { Ajv } from 'ajv';
import { fileSchema } from '../../../src/cli/config/file-schema.ts';
import { BalancingProxyError } from '../../../src/errors.ts';
import { resolveOptions } from '../../../src/options/config.ts';

// YAML has Infinity, which ajv takes for no number unless it is told so.
const validate = new Ajv({ allErrors: true, strictNumbers: false, allowUnionTypes: true }).compile(fileSchema());

/** Whether an editor that knows the schema would take these options. */
export function passesSchema(options: unknown): boolean {
  return validate(options);
}

/** Whether the command would take these options. */
export function passesParser(options: unknown): boolean {
  try {
    resolveOptions(options as Parameters<typeof resolveOptions>[0]);
    return true;
  } catch (error) {
    if (error instanceof BalancingProxyError && error.code === 'ERR_BRP_OPTIONS') return false;
    throw error;
  }
}
