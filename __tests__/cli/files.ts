import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Resources } from '../helpers/proxy.ts';

/** A folder that goes with the test. */
export function temporaryFolder(resources: Resources): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'balancing-reverse-proxy-'));
  resources.use({ close: () => rmSync(folder, { recursive: true, force: true }) });
  return folder;
}

/** Writes a file into a folder of its own. @param content an object is written as JSON. @returns its path. */
export function temporaryFile(resources: Resources, name: string, content: string | object): string {
  const file = path.join(temporaryFolder(resources), name);
  write(file, content);
  return file;
}

/** Replaces what stands in a file. */
export function write(file: string, content: string | object): void {
  writeFileSync(file, typeof content === 'string' ? content : JSON.stringify(content));
}

const root = path.join(import.meta.dirname, '..', '..');

/** Copies the command into a folder of its own, where got is the only package. @returns the file to run. */
export function bareCommand(resources: Resources): string {
  const folder = temporaryFolder(resources);
  for (const name of ['src', 'package.json'])
    cpSync(path.join(root, name), path.join(folder, name), { recursive: true });
  mkdirSync(path.join(folder, 'node_modules'));
  symlinkSync(path.join(root, 'node_modules', 'got'), path.join(folder, 'node_modules', 'got'), 'junction');
  return path.join(folder, 'src', 'cli', 'main.ts');
}
