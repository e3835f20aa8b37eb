import { readFileSync } from 'node:fs';
import { Resources, request } from '../../helpers/proxy.ts';
import type { TestServer } from '../../helpers/servers.ts';
import { Command, start } from '../command.ts';
import { temporaryFile } from '../files.ts';
import { answerFrom } from '../load.ts';

export const resources = new Resources();
afterEach(() => resources.closeAll());

/** An endpoint whose responses a load can check. */
export async function serveLoad(): Promise<TestServer> {
  return await resources.start((_, res) => void res.end(answerFrom('endpoint')));
}

/** Starts a command with two workers and an admin port. */
export async function startTwo(...flags: readonly string[]) {
  const command = start('-workers', '2', '-admin', '127.0.0.1:0', ...flags);
  return { command, url: await command.url(), admin: await command.adminUrl() };
}

/** Code that lets time pass ten times as fast in the primary, so that its patience with workers is soon over. */
export const hastened = `if (cluster.isPrimary) {
  const { setTimeout } = globalThis;
  globalThis.setTimeout = (act, ms, ...more) => setTimeout(act, ms / 10, ...more);
}`;

/** Starts a command with two workers, each process of which begins with this code. */
export function startWith(code: string, ...flags: readonly string[]): Command {
  const preload = temporaryFile(resources, 'preload.mjs', `import cluster from 'node:cluster';\n${code}`);
  const args = ['-workers', '2', '-address', '127.0.0.1:0', ...flags];
  return new Command(args, { environment: { NODE_OPTIONS: `--import ${preload}` } });
}

export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    // One that has ended is there until its parent has taken note.
    return !/^State:\tZ/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch (error) {
    return (error as NodeJS.ErrnoException).syscall === 'open' && process.platform !== 'linux';
  }
}

export function pidOf(command: Command, worker: number): number {
  const pid = command.workers.get(worker);
  if (pid === undefined) throw new Error(`worker ${worker} was never ready`);
  return pid;
}

/** Sends so many requests, each over a connection of its own, which is how they reach all workers. */
export async function sendMany(url: string, count: number): Promise<ReadonlySet<string>> {
  const texts = new Set<string>();
  for (let sent = 0; sent < count; sent += 10) {
    const received = await Promise.all(Array.from({ length: Math.min(10, count - sent) }, () => request(url)));
    for (const { text } of received) texts.add(text);
  }
  return texts;
}

export async function metricsOf(admin: string): Promise<string> {
  return (await request(`${admin}/metrics`)).text;
}
