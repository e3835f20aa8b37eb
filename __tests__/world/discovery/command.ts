import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { createInterface } from 'node:readline';
import type { Namespace } from '../net/namespace.ts';

const entry = path.join(import.meta.dirname, '../../../src/cli/main.ts');

/** Who served requests: how many, by address and by worker; and the lines of the log that tell of no request. */
export interface CommandLog {
  readonly served: Map<string, number>;
  readonly workers: Set<number>;
  readonly lines: string[];
}

/** The command in a namespace. */
export interface RunningCommand {
  readonly child: ChildProcess;
  readonly url: string;
  readonly log: CommandLog;
}

interface CommandSettings {
  readonly port: number;
  readonly args: readonly string[];
  /** Programs that start it. */
  readonly by?: readonly string[];
}

/** Starts the command, and waits until it serves. */
export async function startCommand(
  namespace: Namespace,
  { port, args, by = [] }: CommandSettings,
): Promise<RunningCommand> {
  const all = [...by, process.execPath, entry, '-address', `127.0.0.1:${port}`, ...args];
  const child = namespace.spawn(all[0] ?? '', all.slice(1), {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, NODE_OPTIONS: '' },
  });
  const log: CommandLog = { served: new Map(), workers: new Set(), lines: [] };
  const ready = Promise.withResolvers<void>();
  for (const output of [child.stdout, child.stderr]) {
    if (output) createInterface({ input: output }).on('line', (line) => read(line, log, ready.resolve));
  }
  const ended = once(child, 'close').then(() =>
    Promise.reject(new Error(`the command ended: ${log.lines.join('\n')}`)),
  );
  ended.catch(() => {});
  await Promise.race([ready.promise, ended]);
  return { child, url: `http://127.0.0.1:${port}`, log };
}

/** Counts a line about a request, and keeps any other one. Of 20,000 requests there are 40,000 lines. */
function read(line: string, { served, workers, lines }: CommandLog, onReady: () => void): void {
  const [, request, address] = /request (\d+) .* served in .* by endpoint .*\(([\d.]+)\)/.exec(line) ?? [];
  if (request !== undefined && address !== undefined) {
    served.set(address, (served.get(address) ?? 0) + 1);
    workers.add(Number(request) % 1_000);
  } else if (!/ request \d+ /.test(line)) lines.push(line);
  if (line.includes('starting on')) onReady();
}
