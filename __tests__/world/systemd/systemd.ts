import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { globSync, mkdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { temporaryFolder, write } from '../../cli/files.ts';
import { describeWith } from '../../helpers/programs.ts';
import type { Resources } from '../../helpers/proxy.ts';
import { until } from '../../helpers/until.ts';

const boot = path.join(import.meta.dirname, 'boot.sh');
const program = '/lib/systemd/systemd';
const cgroup = `balancing-reverse-proxy-test-${process.pid}`;

/** The targets that every unit needs by itself. */
const targets = ['sysinit', 'basic', 'shutdown', 'multi-user'];

/** Tests that need a systemd of their own. */
export function describeSystemd(title: string, body: () => void): void {
  describeWith(title, ['systemd-notify', 'unshare', 'nsenter'], body, () => {
    const { status, stderr } = spawnSync('sh', [boot, cgroup, import.meta.dirname, 'test', '-x', program]);
    removeCgroups();
    return status === 0 ? undefined : `systemd cannot be started here: ${stderr}`;
  });
}

/** A systemd that runs as the first process of namespaces of its own, with no units but those of the test. */
export class Systemd {
  readonly #process: ChildProcess;

  private constructor(process: ChildProcess) {
    this.#process = process;
  }

  /** Boots. @param units the text of each unit, by its file's name. */
  static async boot(resources: Resources, units: Readonly<Record<string, string>>): Promise<Systemd> {
    const folder = temporaryFolder(resources);
    for (const target of targets) write(path.join(folder, `${target}.target`), '[Unit]\nDefaultDependencies=no\n');
    for (const [name, text] of Object.entries(units)) write(path.join(folder, name), text);
    const args = ['--system', '--unit=basic.target', '--log-target=console', '--show-status=false'];
    const systemd = new Systemd(spawn('sh', [boot, cgroup, folder, program, ...args], { stdio: 'ignore' }));
    resources.use(systemd);
    await until(() => systemd.ctl('is-active', 'basic.target').trim(), 'active');
    return systemd;
  }

  /** What systemctl says. */
  ctl(...args: readonly string[]): string {
    const pid = this.#firstPid;
    if (pid === undefined) return 'not there';
    const entering = ['-t', pid, '-m', '-p', '-C', 'systemctl', '--no-pager', ...args];
    const { stdout, stderr } = spawnSync('nsenter', entering, { encoding: 'utf8', timeout: 30_000 });
    return stdout + stderr;
  }

  /** The value of a property of a unit. */
  property(unit: string, name: string): string {
    return this.ctl('show', '--value', '-p', name, unit).trim();
  }

  /** The text of a file, by its path there. */
  textOf(file: string): string {
    return readFileSync(`/proc/${this.#firstPid}/root${file}`, { encoding: 'utf8', flag: 'a+' });
  }

  /** Writes a file, by its path there. */
  write(file: string, text: string): void {
    const place = `/proc/${this.#firstPid}/root${file}`;
    mkdirSync(path.dirname(place), { recursive: true });
    writeFileSync(place, text);
  }

  /** Sends a signal to a process, by its number there. */
  signal(pid: string, signal: string): void {
    spawnSync('nsenter', ['-t', String(this.#firstPid), '-p', '-m', 'kill', '-s', signal, pid]);
  }

  async close(): Promise<void> {
    this.#process.kill('SIGKILL');
    await until(() => removeCgroups() === 0);
  }

  /** The number of systemd outside of its namespaces, where it is the child of `unshare`. */
  get #firstPid(): string | undefined {
    const { pid } = this.#process;
    return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim() || undefined;
  }
}

/** Removes the cgroups that are empty. @returns how many are left. */
function removeCgroups(): number {
  const folders = globSync([`/sys/fs/cgroup/{,*/}${cgroup}`, `/sys/fs/cgroup/{,*/}${cgroup}/**/`]);
  // The innermost first.
  return folders
    .toSorted()
    .reverse()
    .filter((folder) => !isRemoved(folder)).length;
}

function isRemoved(folder: string): boolean {
  try {
    rmdirSync(folder);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'EBUSY';
  }
}
