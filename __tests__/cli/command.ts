import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { jest } from '@jest/globals';

// A process takes a while to start on a machine that is busy with other tests.
jest.setTimeout(30_000);

const running = new Set<Command>();
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
  /** Variables besides those of the test. */
  readonly environment?: Readonly<Record<string, string>>;
  /** The file that is run: our source, or a copy of it. */
  readonly entry?: string;
}

/** The command as a process of its own, with what it has written so far. It does not outlive its test. */
export class Command {
  readonly child: ChildProcess;
  readonly ended: Promise<Ended>;
  readonly #written = { stdout: '', stderr: '' };
  readonly #listeners = new Set<() => void>();

  constructor(args: readonly string[], { environment = {}, entry = ownEntry }: CommandSettings = {}) {
    const env = { ...process.env, ...environment };
    this.child = spawn(process.execPath, [entry, ...args], { env, stdio: ['ignore', 'pipe', 'pipe'] });
    this.#collect('stdout');
    this.#collect('stderr');
    running.add(this);
    this.ended = once(this.child, 'close').then(([exitCode]) => ({ exitCode, ...this.#written }));
  }

  /** The lines of the log so far. */
  get lines(): readonly string[] {
    return this.#written.stdout.split('\n').slice(0, -1);
  }

  /** The first line, written already or still to come, in which the pattern occurs. */
  async line(pattern: RegExp, output: 'stdout' | 'stderr' = 'stdout'): Promise<string> {
    const { promise, resolve } = Promise.withResolvers<string>();
    let seen = 0;
    const look = (): void => {
      // Only what is new: the log of a thousand requests is long.
      const end = this.#written[output].lastIndexOf('\n') + 1;
      const lines = this.#written[output].slice(seen, end).split('\n');
      seen = end;
      const found = lines.find((line, index) => index < lines.length - 1 && pattern.test(line));
      if (found !== undefined) resolve(found);
    };
    this.#listeners.add(look);
    look();
    const missing = this.ended.then(({ stdout, stderr }) => {
      throw new Error(`the command ended without a line like ${pattern}:\n${stdout}${stderr}`);
    });
    return Promise.race([promise, missing]).finally(() => this.#listeners.delete(look));
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

  /** The processes of the workers that have become ready so far, by their number. */
  get workers(): ReadonlyMap<number, number> {
    const ready = this.lines.map((line) => /worker (\d+) is ready \(process (\d+)\)/.exec(line) ?? []);
    return new Map(ready.filter(({ length }) => length > 0).map(([, number, pid]) => [Number(number), Number(pid)]));
  }

  /** Sends a signal until the command has ended. What comes within half a second of the first one counts for the same. */
  async insist(signal: NodeJS.Signals): Promise<void> {
    const repeating = setInterval(() => this.child.kill(signal), 100);
    await this.ended;
    clearInterval(repeating);
  }

  async kill(): Promise<void> {
    this.child.kill('SIGKILL');
    await this.ended;
    running.delete(this);
  }

  #collect(output: 'stdout' | 'stderr'): void {
    this.child[output]?.setEncoding('utf8').on('data', (text: string) => {
      this.#written[output] += text;
      for (const look of this.#listeners) look();
    });
  }
}

/** Runs a command that ends by itself. */
export function run(...args: readonly string[]): Promise<Ended> {
  return new Command(args).ended;
}

/** Starts a command that listens on a free port. */
export function start(...args: readonly string[]): Command {
  return new Command(['-address', '127.0.0.1:0', ...args]);
}
