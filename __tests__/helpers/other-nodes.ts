import { type SpawnOptions, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';

/** Nodes of other versions, which come from the npm package `node`, into a folder apart. */

const root = path.join(import.meta.dirname, '..', '..');

/** Runs a program to its end. */
export async function run(program: string, args: readonly string[], options: SpawnOptions) {
  const child = spawn(program, args, { cwd: root, ...options, stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream?.setEncoding('utf8').on('data', (text) => (output += text));
  const [exitCode] = await once(child, 'close');
  return { exitCode: exitCode as number | null, output };
}

/** A Node that can be run. */
export interface InstalledNode {
  /** Its file. */
  readonly program: string;
  /** All of its version. */
  readonly version: string;
}

/**
 * The Node of a major version: this one, where it is the same.
 * @throws with what npm says when this version cannot be installed, or what it says itself when it does not start.
 */
export async function findNode(major: string): Promise<InstalledNode> {
  const isOurs = process.versions.node.startsWith(`${major}.`);
  const program = isOurs ? process.execPath : await installNode(major);
  const version = await runOrThrow(program, ['--version']);
  return { program, version: version.trim() };
}

/** @returns the program. */
async function installNode(major: string): Promise<string> {
  const folder = path.join(root, 'node_modules', '.cache', `node-${major}`);
  await mkdir(folder, { recursive: true });
  // Its install script, which fetches the binary, has to be allowed.
  const manifest = { private: true, dependencies: { node: major }, allowScripts: { node: true } };
  await writeFile(path.join(folder, 'package.json'), JSON.stringify(manifest));
  const isWindows = process.platform === 'win32';
  const args = ['install', '--prefix', folder, '--no-audit', '--no-fund'];
  await runOrThrow(isWindows ? 'npm.cmd' : 'npm', args, { cwd: folder, shell: isWindows });
  return path.join(folder, 'node_modules', 'node', 'bin', isWindows ? 'node.exe' : 'node');
}

async function runOrThrow(program: string, args: readonly string[], options: SpawnOptions = {}): Promise<string> {
  const { exitCode, output } = await run(program, args, options);
  if (exitCode !== 0) throw new Error(output);
  return output;
}
