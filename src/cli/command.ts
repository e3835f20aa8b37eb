import { resultWithin } from '../support/timer.ts';
import { workerMark } from './cluster/messages.ts';
import { neverWaitFor } from './log/outputs.ts';
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

/** Milliseconds in which the last lines have to be read: whoever stands still then does not keep the process. */
const lastLinesMs = 500;

/** Resolves when all that was written before is on its way. */
function written(output: NodeJS.WriteStream): Promise<void> {
  return new Promise((resolve) => output.write('', () => resolve()));
}

const outputs = [process.stdout, process.stderr];
for (const output of outputs) {
  // The reader of our output may leave (`| head`), which is no reason for a stack trace.
  output.on('error', () => {});
  neverWaitFor(output);
}

const exitCode = await main();
// process.exit() waits for nothing.
await resultWithin(lastLinesMs, () => Promise.all(outputs.map(written)));
process.exit(exitCode);
