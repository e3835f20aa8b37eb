import { spawnSync } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import path from 'node:path';

/** What makes networks and joins them; shasum stands for the modules that come with perl. */
const ownPrograms = ['setpriv', 'unshare', 'nsenter', 'ip', 'perl', 'shasum'];

/** Debian's names where they are others. */
const packages: Readonly<Record<string, string>> = {
  setpriv: 'util-linux',
  unshare: 'util-linux',
  nsenter: 'util-linux',
  ip: 'iproute2',
  shasum: 'perl',
  nghttpd: 'nghttp2-server',
  go: 'golang-go',
  dnsmasq: 'dnsmasq-base',
};

/**
 * Tests that need networks of their own and these programs. Where networks cannot be made they are left out, and where a
 * program is missing, too, but for CI, where they fail; in both cases they say why.
 */
export function describeWorld(title: string, programs: readonly string[], body: () => void): void {
  const missing = [...ownPrograms, ...programs].filter((program) => !isInstalled(program));
  const names = missing.map((program) => packages[program] ?? program);
  const advice = `not installed: ${missing.join(', ')}; on Debian: apt-get install ${names.join(' ')}`;
  if (missing.length > 0 && process.env.CI) {
    describe(title, () => {
      test('has the programs that it needs', () => {
        throw new Error(advice);
      });
    });
  } else if (missing.length > 0 || !mayMakeNetworks()) {
    console.warn(`${title}: left out, ${missing.length > 0 ? advice : 'only root can make network namespaces'}`);
    describe.skip(title, body);
  } else describe(title, body);
}

/** Whether a program can be started, by its name or path. */
export function isInstalled(program: string): boolean {
  if (path.isAbsolute(program)) return true;
  return (process.env.PATH ?? '').split(path.delimiter).some((folder) => {
    try {
      accessSync(path.join(folder, program), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

let answer: boolean | undefined;

function mayMakeNetworks(): boolean {
  answer ??= spawnSync('unshare', ['--net', 'test', '-c', '/dev/net/tun']).status === 0;
  return answer;
}
