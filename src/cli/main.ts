#!/usr/bin/env node
import { workerMark } from './cluster/messages.ts';
import { closeUnwantedDebugger } from './signals/debugger.ts';
import { ignoreSignals, watchSignals } from './signals/signals.ts';

/** Runs the command, or one of its workers, with everything that this process gives. @returns the exit code. */
async function main(): Promise<number> {
  const { argv, env, stdout, stderr } = process;
  if (env[workerMark] && process.send) {
    // Ctrl-C, like any signal to a whole group of processes, is meant for the primary, which then tells its workers to stop.
    ignoreSignals(process);
    const { work } = await import('./cluster/worker.ts');
    await closeUnwantedDebugger(process);
    return work(process);
  }
  const signals = watchSignals(process);
  const { run } = await import('./run.ts');
  await closeUnwantedDebugger(process);
  return run({ argv: argv.slice(2), env, stdout, stderr, signals });
}

// The reader of our output may leave (`| head`), which is no reason for a stack trace.
for (const output of [process.stdout, process.stderr]) output.on('error', () => {});

const exitCode = await main();
// Pipes are not written at once on every system, and process.exit() waits for nothing.
process.stdout.write('', () => process.stderr.write('', () => process.exit(exitCode)));
