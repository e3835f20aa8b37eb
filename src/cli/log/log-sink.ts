import { appendFileSync, closeSync, openSync } from 'node:fs';
import { CommandError } from '../flags/command-error.ts';

/** Where the lines of the log go. */
export interface LogSink {
  /** Takes text of whole lines. It never throws: a full disk must not stop the proxy. */
  write(text: string): void;
  /**
   * Opens the file anew by its name, for whoever has moved it away (logrotate).
   * @throws CommandError when it cannot be opened; then the old one stays.
   */
  reopen(): void;
}

/** What a stream of the process is to a sink. */
type Output = Pick<NodeJS.WriteStream, 'write' | 'on'>;

/** Nobody has the other end of the pipe any more, or the terminal is gone. */
const readerGone: ReadonlySet<string | undefined> = new Set(['EPIPE', 'EIO']);

/**
 * Opens what `-log-file` names, for as long as the process lives.
 * @param onReaderGone is called when nobody reads stdout or stderr any more, as in `... | head`; perhaps several times.
 * @throws CommandError with exit code 1 when the file cannot be opened.
 */
export function openLogSink(file: string, onReaderGone: () => void): LogSink {
  if (file === 'stdout') return outputSink(process.stdout, onReaderGone);
  if (file === 'stderr') return outputSink(process.stderr, onReaderGone);
  return fileSink(file);
}

function outputSink(output: Output, onReaderGone: () => void): LogSink {
  output.on('error', (error: NodeJS.ErrnoException) => {
    if (readerGone.has(error.code)) onReaderGone();
  });
  return { write: (text) => void output.write(text), reopen() {} };
}

/** Lines go out one by one and at once, as to stdout, so that none is lost however the process ends. */
function fileSink(file: string): LogSink {
  let descriptor = openForAppending(file);
  let isBroken = false;
  return {
    write(text) {
      try {
        appendFileSync(descriptor, text);
        isBroken = false;
      } catch (error) {
        if (!isBroken) process.stderr.write(`cannot write the log: ${(error as Error).message}\n`);
        isBroken = true;
      }
    },
    reopen() {
      const old = descriptor;
      descriptor = openForAppending(file);
      closeSync(old);
    },
  };
}

function openForAppending(file: string): number {
  try {
    return openSync(file, 'a');
  } catch (error) {
    throw new CommandError(1, `cannot open the log file: ${(error as Error).message}`);
  }
}
