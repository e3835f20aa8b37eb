import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { UserError } from '../../shared/command.ts';

const folder = path.join(import.meta.dirname, '..');

/**
 * Installs the other proxies, which are dependencies of the bench alone, unless they are there.
 * @throws UserError when npm cannot install them.
 */
export function installPeers(): void {
  if (existsSync(path.join(folder, 'node_modules'))) return;
  const args = ['ci', '--prefix', folder, '--no-audit', '--no-fund'];
  const { status } = spawnSync('npm', args, { stdio: 'inherit', shell: process.platform === 'win32' });
  if (status !== 0) throw new UserError('the peers could not be installed: see above', 1);
}
