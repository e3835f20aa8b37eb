import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Readable, Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { inTime } from '../helpers/deadline.ts';

/** A command of the demo that runs in a process of its own. */
export interface StartedCommand {
  /** All that it has printed so far. */
  output(): string;
  /** Resolves as soon as the pattern is in the output; rejects when the process ends before. */
  printed(pattern: RegExp): Promise<RegExpExecArray>;
  /** Enters a line, if the command was started with an input. */
  enter(line: string): void;
  kill(signal: NodeJS.Signals): void;
  /** Resolves with the exit code, null for one that a signal ended. */
  readonly exitCode: Promise<number | null>;
}

/** Its output is never ignored. */
type StartedProcess = ChildProcessByStdio<Writable | null, Readable, Readable>;

const started: StartedCommand[] = [];

/** Ends every command that a test has left running, which one that fails does. */
export async function endCommands(): Promise<void> {
  for (const command of started) command.kill('SIGKILL');
  await Promise.all(started.splice(0).map(({ exitCode }) => exitCode));
}

/**
 * Starts a file of `demo/` as a user would, with output that is no terminal.
 * @param input whether lines can be entered: `pipe`, whose end is never reached, or `ignore`, which has ended.
 */
export function startCommand(file: string, flags: string, input: 'pipe' | 'ignore' = 'ignore'): StartedCommand {
  const path = fileURLToPath(new URL(`../../demo/${file}`, import.meta.url));
  // Jest's own FORCE_COLOR would colour what is compared here.
  const { FORCE_COLOR: _, ...env } = process.env;
  const child = spawn(process.execPath, [path, ...flags.split(' ')], {
    env,
    stdio: [input, 'pipe', 'pipe'],
  }) as StartedProcess;
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text;
    });
  }
  const exitCode = once(child, 'close').then(([code]) => code as number | null);
  const command: StartedCommand = {
    output: () => output,
    async printed(pattern) {
      for (;;) {
        const match = pattern.exec(output);
        if (match) return match;
        const more = Promise.race([once(child.stdout, 'data'), exitCode]);
        const next = await inTime(more, `output like ${pattern}`, () => output);
        if (!Array.isArray(next)) throw new Error(`ended with ${next} before it printed ${pattern}:\n${output}`);
      }
    },
    enter: (line) => void child.stdin?.write(`${line}\n`),
    kill: (signal) => void child.kill(signal),
    exitCode,
  };
  started.push(command);
  return command;
}
