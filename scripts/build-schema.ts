import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileSchema } from '../src/cli/config/file-schema.ts';

/** Writes the JSON Schema of the file of `-config` into the built package: `npm run build` does it. */

const file = path.join(import.meta.dirname, '..', 'dist', 'config.schema.json');
writeFileSync(file, `${JSON.stringify(fileSchema(), undefined, 2)}\n`);
