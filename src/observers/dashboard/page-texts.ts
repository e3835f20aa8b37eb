import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

/**
 * The texts of the page's files by their names. The build puts a module with the texts in the place of this one, since a bundle has no
 * folder to read.
 */
export function pageTexts(): Readonly<Record<string, string>> {
  const folder = path.join(import.meta.dirname, 'page');
  const names = readdirSync(folder).filter((name) => !name.endsWith('.json'));
  return Object.fromEntries(names.map((name) => [name, readFileSync(path.join(folder, name), 'utf8')]));
}
