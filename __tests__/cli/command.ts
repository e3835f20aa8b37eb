import { type ChildProcess, spawn } from 'node:child_process';
import { EventEmitter, once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { run as runCommand } from '../../src/cli/run.ts';
import { watchSignals } from '../../src/cli/signals/signals.ts';
import { inTime } from '../helpers/deadline.ts';

const running = new Set<Running>();
afterEach(() => Promise.all([...running].map((command) => command.kill())));

const ownEntry = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url));

/** How a command ended. */
export interface Ended {
  /** Null when a signal ended it. */
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface CommandSettings {
  /** Variables besides those of the test; for a {@link LocalCommand} these are all. */
  readonly environment?: Readonly<Record<string, string>>;
  /** The file that is run: our source, or a copy of it. */
  readonly entry?: string;
  /** An open file in the place of stdout. */
  readonly stdout?: number;
  /**
   * The most file descriptors that the process may have.
   * @default as many as the test
   */
  readonly descriptors?: number;
}

/** A command with everything that it has written so far; no command outlives its test. */
export abstract class Running {
  abstract readonly ended: Promise<Ended>;
  protected readonly written = { stdout: '', stderr: '' };
  readonly #listeners = new Set<() => void>();

  constructor() {
    running.add(this);
  }

  /** The lines of the log so far. */
  get lines(): readonly string[] {
    return this.written.stdout.split('\n').slice(0, -1);
  }

  /** The first line, written already or still to come, in which the pattern occurs. */
  async line(pattern: RegExp, output: 'stdout' | 'stderr' = 'stdout'): Promise<string> {
    const { promise, resolve } = Promise.withResolvers<string>();
    let seen = 0;
    const look = (): void => {
      // Only what is new: the log of a thousand requests is long.
      const end = this.written[output].lastIndexOf('\n') + 1;
      const lines = this.written[output].slice(seen, end).split('\n');
      seen = end;
      const found = lines.find((line, index) => index < lines.length - 1 && pattern.test(line));
      if (found !== undefined) resolve(found);
    };
    this.#listeners.add(look);
    look();
    const missing = this.ended.then(({ stdout, stderr }) => {
      throw new Error(`the command ended without a line like ${pattern}:\n${stdout}${stderr}`);
    });
    const found = inTime(Promise.race([promise, missing]), `a line like ${pattern}`, () => this.written[output]);
    return found.finally(() => this.#listeners.delete(look));
  }

  /** Where the command listens, as soon as it says so. */
  async url(output: 'stdout' | 'stderr' = 'stdout'): Promise<string> {
    const [, port] = /starting on: \\?".*:(\d+)\\?"/.exec(await this.line(/starting on/, output)) ?? [];
    return `http://127.0.0.1:${port}`;
  }

  /** Where the command's admin port is, as soon as it says so. */
  async adminUrl(): Promise<string> {
    const [, port] = /admin on: \\?".*:(\d+)\\?"/.exec(await this.line(/admin on/)) ?? [];
    return `http://127.0.0.1:${port}`;
  }

  /** Has it hear a signal. */
  abstract signal(signal: NodeJS.Signals): void;

  async kill(): Promise<void> {
    this.end();
    await this.ended;
    running.delete(this);
  }

  protected abstract end(): void;

  protected take(output: 'stdout' | 'stderr', text: string): void {
    this.written[output] += text;
    for (const look of this.#listeners) look();
  }
}

/** The command as a process of its own. */
export class Command extends Running {
  readonly child: ChildProcess;
  readonly ended: Promise<Ended>;

  constructor(
    args: readonly string[],
    { environment = {}, entry = ownEntry, stdout, descriptors }: CommandSettings = {},
  ) {
    super();
    const env = { ...process.env, ...environment };
    const words = [process.execPath, entry, ...args];
    const limited = descriptors === undefined ? [] : ['sh', '-c', `ulimit -n ${descriptors}; exec "$@"`, 'sh'];
    const [program = '', ...rest] = [...limited, ...words];
    this.child = spawn(program, rest, { env, stdio: ['ignore', stdout ?? 'pipe', 'pipe'] });
    for (const output of ['stdout', 'stderr'] as const) {
      this.child[output]?.setEncoding('utf8').on('data', (text: string) => this.take(output, text));
    }
    this.ended = once(this.child, 'close').then(([exitCode]) => ({ exitCode, ...this.written }));
  }

  /** The processes of the workers that have become ready so far, by their number. */
  get workers(): ReadonlyMap<number, number> {
    const ready = this.lines.map((line) => /worker (\d+) is ready \(process (\d+)\)/.exec(line) ?? []);
    return new Map(ready.filter(({ length }) => length > 0).map(([, number, pid]) => [Number(number), Number(pid)]));
  }

  signal(signal: NodeJS.Signals): void {
    this.child.kill(signal);
  }

  /** Sends a signal until the command has ended. Signals within half a second of the first count for the same one. */
  async insist(signal: NodeJS.Signals): Promise<void> {
    const repeating = setInterval(() => this.signal(signal), 100);
    await this.ended;
    clearInterval(repeating);
  }

  protected end(): void {
    this.signal('SIGKILL');
  }
}

/** The command within this process: no second one is started, and only the given variables are known. */
export class LocalCommand extends Running {
  readonly ended: Promise<Ended>;
  readonly #signalled = Object.assign(new EventEmitter(), { platform: process.platform, exit() {} });

  constructor(argv: readonly string[], { environment: env = {} }: Pick<CommandSettings, 'environment'> = {}) {
    super();
    const outputTo = (output: 'stdout' | 'stderr') => ({
      write: (text: string, done?: () => void) => {
        this.take(output, text);
        done?.();
      },
      on() {},
    });
    const outputs = { stdout: outputTo('stdout'), stderr: outputTo('stderr') };
    const signals = watchSignals(this.#signalled);
    this.ended = runCommand({ argv, env, signals, ...outputs }).then((exitCode) => ({ exitCode, ...this.written }));
  }

  signal(signal: NodeJS.Signals): void {
    this.#signalled.emit(signal);
  }

  protected end(): void {
    this.signal('SIGTERM');
  }
}

const onFreePort = ['-address', '127.0.0.1:0'];

/** Runs a command that ends by itself, as a process. */
export function run(...args: readonly string[]): Promise<Ended> {
  return new Command(args).ended;
}

/** Starts a command that listens on a free port, as a process. */
export function start(...args: readonly string[]): Command {
  return new Command([...onFreePort, ...args]);
}

/** Runs a command that ends by itself, within this process. */
export function runLocally(...args: readonly string[]): Promise<Ended> {
  return new LocalCommand(args).ended;
}

/** Starts a command that listens on a free port, within this process. */
export function startLocally(...args: readonly string[]): LocalCommand {
  return new LocalCommand([...onFreePort, ...args]);
}
