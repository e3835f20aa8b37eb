import { spawnSync } from 'node:child_process';
import { isInstalled } from '../../helpers/programs.ts';

/** Whether there is Prometheus's own tool, which reads metrics and rules as Prometheus does. */
const hasPromtool = isInstalled('promtool');

const advice = 'promtool is missing: install Prometheus, on Debian with `apt-get install prometheus`';

/** @returns what promtool has to say against its input; nothing when all is well. @throws where it is missing. */
export function complaintsOf(args: readonly string[], input: string): string {
  if (!hasPromtool) throw new Error(advice);
  const { status, stdout, stderr } = spawnSync('promtool', args, { input, encoding: 'utf8' });
  const said = `${stdout}${stderr}`.trim();
  return status === 0 ? '' : said || `promtool ended with ${status}`;
}

/** A test that needs promtool: it is left out where that is missing, and says so, but for CI, where it fails. */
export function testWithPromtool(title: string, run: () => Promise<void>): void {
  if (hasPromtool || process.env.CI) test(title, run);
  else test.skip(title, run);
}

// jest names no test of a file that is left out whole.
if (!hasPromtool && !process.env.CI) console.warn(`tests are left out: ${advice}`);
