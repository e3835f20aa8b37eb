#!/usr/bin/env node
import { workerMark } from './cluster/messages.ts';
import { ignoreSignals, watchSignals } from './signals/signals.ts';

/** Runs the command, or one of its workers. @returns the exit code. */
async function main(): Promise<number> {
  if (process.env[workerMark] && process.send) {
    // Whoever stops the command by Ctrl-C, or all processes of a group, means the primary, which tells us what to do.
    ignoreSignals();
    return (await import('./cluster/worker.ts')).work();
  }
  const signals = watchSignals();
  return (await import('./run.ts')).run(process.argv.slice(2), signals);
}

// Whoever reads our output may leave (`| head`), which is no reason for a stack trace.
for (const output of [process.stdout, process.stderr]) output.on('error', () => {});

const exitCode = await main();
// Pipes are not written at once on every system, and process.exit() waits for nothing.
process.stdout.write('', () => process.stderr.write('', () => process.exit(exitCode)));
