import { spawnSync } from 'node:child_process';
import { existsSync, statSync } from 'node:fs';
import path from 'node:path';

/**
 * Checks and runs the examples of frames: `npm run test:frames`. The frames have a folder of packages of their own, which is filled first where it
 * is missing or older than its lock file. Where that is not possible, as without a network, they are left out, but for CI, where that is a failure.
 */

const root = path.join(import.meta.dirname, '..', '..');
const folder = path.join(root, 'examples', 'frames');

/** Runs a program of npm's to its end. @returns whether it is content. */
function run(program: string, ...args: readonly string[]): boolean {
  const isWindows = process.platform === 'win32';
  return spawnSync(program, args, { cwd: root, stdio: 'inherit', shell: isWindows }).status === 0;
}

function isInstalled(): boolean {
  const installed = path.join(folder, 'node_modules', '.package-lock.json');
  return (
    existsSync(installed) && statSync(installed).mtimeMs >= statSync(path.join(folder, 'package-lock.json')).mtimeMs
  );
}

if (isInstalled() || run('npm', 'ci', '--prefix', folder, '--no-audit', '--no-fund')) {
  const isGood =
    run('npx', 'tsc', '-p', folder) && run('npm', 'run', '-s', 'jest', '--', '--config', 'jest.frames.config.js');
  process.exitCode = isGood ? 0 : 1;
} else {
  console.log('the examples of frames are left out: `npm ci --prefix examples/frames` has failed');
  process.exitCode = process.env.CI ? 1 : 0;
}
