import { readFileSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';

/** The public names of the package, by the entry of `exports` that has them. */
interface Entries {
  readonly '.': typeof import('../../src/index.ts');
  readonly './undici': typeof import('../../src/transports/undici.ts');
  readonly './metrics': typeof import('../../src/observers/metrics/metrics.ts');
  readonly './dashboard': typeof import('../../src/observers/dashboard/dashboard.ts');
}

/** The project's folder, in which `dist` is. */
export const packageFolder = path.join(import.meta.dirname, '..', '..');

/**
 * Imports the package as its users get it, compiled. The path is computed, because the bench's code is type-checked without
 * a build.
 * @param folder another one in which the package is.
 */
export async function importBuilt<Name extends keyof Entries>(
  name: Name,
  folder = packageFolder,
): Promise<Entries[Name]> {
  const { exports } = JSON.parse(readFileSync(path.join(folder, 'package.json'), 'utf8'));
  return (await import(pathToFileURL(path.join(folder, exports[name].default)).href)) as Entries[Name];
}
