import { spawnSync } from 'node:child_process';
import { describeWith } from '../helpers/programs.ts';

/** What makes networks and joins them; shasum stands for the modules that come with perl. */
const ownPrograms = ['setpriv', 'unshare', 'nsenter', 'ip', 'perl', 'shasum'];

/** Tests that need networks of their own and these programs. Where networks cannot be made they are left out, too, and say so. */
export function describeWorld(title: string, programs: readonly string[], body: () => void): void {
  describeWith(title, [...ownPrograms, ...programs], body, () =>
    mayMakeNetworks() ? undefined : 'only root can make network namespaces',
  );
}

let answer: boolean | undefined;

function mayMakeNetworks(): boolean {
  answer ??= spawnSync('unshare', ['--net', 'test', '-c', '/dev/net/tun']).status === 0;
  return answer;
}
