import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { pageTexts } from '../src/observers/dashboard/page-texts.ts';

/** Puts the files of the dashboard's page into the built package as one module: `npm run build` does it. */

const lines = Object.entries(pageTexts()).map(
  ([name, text]) => `  ${JSON.stringify(name)}: ${JSON.stringify(text)},\n`,
);
const module = `const texts = {\n${lines.join('')}};\nexport function pageTexts() {\n  return texts;\n}\n`;
writeFileSync(path.join(import.meta.dirname, '..', 'dist', 'observers', 'dashboard', 'page-texts.js'), module);
