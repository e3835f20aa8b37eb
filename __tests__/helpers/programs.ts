import { accessSync, constants } from 'node:fs';
import path from 'node:path';

/** Debian's names where they are others. */
const packages: Readonly<Record<string, string>> = {
  prlimit: 'util-linux',
  setpriv: 'util-linux',
  unshare: 'util-linux',
  nsenter: 'util-linux',
  ip: 'iproute2',
  shasum: 'perl',
  nghttpd: 'nghttp2-server',
  h2load: 'nghttp2-client',
  go: 'golang-go',
  dnsmasq: 'dnsmasq-base',
  'systemd-notify': 'systemd',
  'systemd-analyze': 'systemd',
};

/** The variable PATH, with the folders for servers and the like, which only root's has on Debian. */
export const pathOfAll = [process.env.PATH, '/usr/sbin', '/usr/local/sbin'].filter(Boolean).join(path.delimiter);

/** Whether a program can be started, by its name in {@link pathOfAll} or by its path. */
export function isInstalled(program: string): boolean {
  if (path.isAbsolute(program)) return true;
  return pathOfAll.split(path.delimiter).some((folder) => {
    try {
      accessSync(path.join(folder, program), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

/** A reason to leave tests out, besides programs that are missing. */
type Obstacle = () => string | undefined;

/**
 * Tests that need these programs. Where one is missing they are left out, but for CI, where they fail; where something else is in the way
 * they are left out, too; in all cases they say why.
 */
export function describeWith(
  title: string,
  programs: readonly string[],
  body: () => void,
  obstacle: Obstacle = () => undefined,
): void {
  const missing = programs.filter((program) => !isInstalled(program));
  const names = missing.map((program) => packages[program] ?? program);
  const advice = `not installed: ${missing.join(', ')}; on Debian: apt-get install ${names.join(' ')}`;
  const reason = missing.length > 0 ? advice : obstacle();
  if (reason === undefined) describe(title, body);
  else if (missing.length > 0 && process.env.CI) {
    describe(title, () => {
      test('has the programs that it needs', () => {
        throw new Error(reason);
      });
    });
  } else {
    console.warn(`${title}: left out, ${reason}`);
    describe.skip(title, body);
  }
}
