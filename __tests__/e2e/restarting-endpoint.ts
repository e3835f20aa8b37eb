import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { createInterface } from 'node:readline';

/** An endpoint in a process of its own, which comes back on its port. */
export class RestartingEndpoint {
  /** How often each request was seen, by its number. */
  readonly seen = new Map<number, number>();
  #port = 0;
  #child: ChildProcess | undefined;

  get url(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  async start(): Promise<this> {
    const script = path.join(import.meta.dirname, 'restarts-process.ts');
    this.#child = spawn(process.execPath, [script, String(this.#port)], { stdio: ['pipe', 'pipe', 'inherit'] });
    const { promise, resolve } = Promise.withResolvers<number>();
    createInterface({ input: this.#child.stdout as NodeJS.ReadableStream }).on('line', (line) => {
      const [word, number] = line.split(' ');
      if (word === 'port') resolve(Number(number));
      else this.seen.set(Number(number), (this.seen.get(Number(number)) ?? 0) + 1);
    });
    this.#port = await promise;
    return this;
  }

  async end(signal: NodeJS.Signals): Promise<void> {
    const closed = this.#child && once(this.#child, 'close');
    this.#child?.kill(signal);
    await closed;
  }

  close(): Promise<void> {
    return this.end('SIGKILL');
  }
}
