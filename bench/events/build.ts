import { rmSync } from 'node:fs';
import { cp, mkdtemp, readFile, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { packageFolder } from '../packages/built.ts';

/**
 * Copies the package and takes the event code out of its build: every method of the reporter is left without its body. The
 * copy goes when the process ends.
 * @returns its folder.
 */
export async function buildWithoutEvents(): Promise<string> {
  const folder = await mkdtemp(path.join(tmpdir(), 'balancing-reverse-proxy-without-events-'));
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
  await cp(path.join(packageFolder, 'dist'), path.join(folder, 'dist'), { recursive: true });
  await cp(path.join(packageFolder, 'package.json'), path.join(folder, 'package.json'));
  await symlink(path.join(packageFolder, 'node_modules'), path.join(folder, 'node_modules'), 'junction');
  const file = path.join(folder, 'dist', 'events', 'reporter.js');
  const names = methodNames(await readFile(file, 'utf8'));
  await writeFile(
    file,
    `export class Reporter {\n${names.map((name) => `  ${name}() { return false; }\n`).join('')}}\n`,
  );
  return folder;
}

function methodNames(code: string): string[] {
  const names = [...code.matchAll(/^ {4}([a-zA-Z]+)\(.*\{$/gm)].map(([, name = '']) => name);
  const methods = names.filter((name) => name !== 'constructor' && name !== 'if');
  if (!methods.includes('requestEnded')) throw new Error('the build has no reporter as it is known here');
  return methods;
}
