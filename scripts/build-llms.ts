import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { llmsText } from './llms-text.ts';

/** Writes llms.txt, which lists all pages of docs, into the project's folder for the package: `npm run build` does it. */

writeFileSync(path.join(import.meta.dirname, '..', 'llms.txt'), llmsText());
