import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

/**
 * Gives the files of the page by their names. The build puts a module in place of this one that holds them as texts, since
 * in a bundle there is no folder to read.
 */
export function pageTexts(): Readonly<Record<string, string>> {
  const folder = path.join(import.meta.dirname, 'page');
  const names = readdirSync(folder).filter((name) => !name.endsWith('.json'));
  return Object.fromEntries(names.map((name) => [name, readFileSync(path.join(folder, name), 'utf8')]));
}
