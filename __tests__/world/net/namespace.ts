import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readlinkSync } from 'node:fs';
import { until } from '../../helpers/until.ts';

/** Where what is spawned runs: it is killed with the process that has spawned it, however that one ends. */
const bound = ['--pdeathsig', 'KILL', '--'];

/**
 * A network of its own, which ends with the last program in it. It has no name that could be taken, and nothing of it is
 * left when this process is killed.
 */
export class Namespace {
  /** The process that keeps it while nothing else runs in it. */
  readonly #keeper: ChildProcess;
  readonly #children = new Set<ChildProcess>();

  private constructor(keeper: ChildProcess) {
    this.#keeper = keeper;
  }

  /** @throws where this process may not make one, which root may. */
  static async create(): Promise<Namespace> {
    const keeper = spawn('setpriv', [...bound, 'unshare', '--net', '--', 'sleep', 'infinity'], { stdio: 'ignore' });
    const namespace = new Namespace(keeper);
    let error: Error | undefined;
    keeper.once('error', (thrown) => {
      error = thrown;
    });
    const own = readlinkSync('/proc/self/ns/net');
    await until(() => error !== undefined || hasEnded(keeper) || namespace.#link() !== own);
    if (error ?? hasEnded(keeper)) throw new Error('no network namespace can be made here', { cause: error });
    await namespace.run('ip', ['link', 'set', 'lo', 'up']);
    return namespace;
  }

  get pid(): number {
    return this.#keeper.pid ?? 0;
  }

  /** Starts a program that serves until it is killed, at the latest by {@link close}. */
  spawn(program: string, args: readonly string[], options: SpawnOptions = {}): ChildProcess {
    const enter = ['nsenter', `--net=/proc/${this.pid}/ns/net`, '--', program, ...args];
    const child = spawn('setpriv', [...bound, ...enter], options);
    this.#children.add(child);
    child.once('exit', () => this.#children.delete(child));
    return child;
  }

  /** Runs a program to its end. @throws with what it said when it fails. */
  async run(program: string, args: readonly string[]): Promise<void> {
    const child = this.spawn(program, args, { stdio: ['ignore', 'ignore', 'pipe'] });
    let said = '';
    child.stderr?.on('data', (text) => (said += text));
    const [code] = await once(child, 'close');
    if (code !== 0) throw new Error(`${program} ${args.join(' ')} ended with ${code}: ${said}`);
  }

  async close(): Promise<void> {
    await Promise.all([...this.#children, this.#keeper].map(kill));
  }

  #link(): string {
    try {
      return readlinkSync(`/proc/${this.pid}/ns/net`);
    } catch {
      return readlinkSync('/proc/self/ns/net');
    }
  }
}

/** Kills a program as a crash does, and waits until it is gone. */
export async function kill(child: ChildProcess): Promise<void> {
  if (hasEnded(child)) return;
  const gone = once(child, 'exit');
  child.kill('SIGKILL');
  await gone;
}

function hasEnded({ exitCode, signalCode }: ChildProcess): boolean {
  return exitCode !== null || signalCode !== null;
}
