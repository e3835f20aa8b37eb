import { realpathSync } from 'node:fs';

/** Something that the user can put right: one line is all there is to say about it. */
export class UserError extends Error {
  /** 2 for wrong flags, 1 for anything else, as shells have it. */
  readonly exitCode: 1 | 2;

  constructor(message: string, exitCode: 1 | 2) {
    super(message);
    this.exitCode = exitCode;
  }
}

/** Runs the main function of a command; a {@link UserError} becomes a line on stderr and the exit code. */
export async function runCommand(main: () => Promise<void>): Promise<void> {
  try {
    await main();
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    console.error(error.message);
    process.exit(error.exitCode);
  }
}

/** Whether Node was started with this file. Node 22 has no `import.meta.main`. */
export function isStartedFile(filename: string): boolean {
  const [, started] = process.argv;
  return started !== undefined && realpathSync(started) === filename;
}

/** Calls `stop` on Ctrl-C or SIGTERM; the process ends by itself, with 0, when nothing is left to do. */
export function onStopSignal(stop: () => Promise<void>): void {
  let isStopping = false;
  const stopOnce = (): void => {
    // Under `npm run`, one Ctrl-C arrives twice: from the terminal and again from npm.
    if (isStopping) return;
    isStopping = true;
    void stop();
  };
  process.on('SIGINT', stopOnce).on('SIGTERM', stopOnce);
}
