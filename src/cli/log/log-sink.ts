import { appendFileSync, closeSync, openSync } from 'node:fs';
import { CommandError } from '../flags/command-error.ts';

/** The place that the lines of the log go to. */
export interface LogSink {
  /** Writes text of whole lines. Writing never throws, because a full disk must not stop the proxy. */
  write(text: string): void;
  /**
   * Opens the file anew by its name, after logrotate or the like has moved it away.
   * @throws CommandError when the file cannot be opened; the one before stays in use then.
   */
  reopen(): void;
}

/** A stream for people, or for whoever collects the output of processes. */
export interface Output {
  /** Writes text. */
  write(text: string): unknown;
  /** Takes a listener for errors, such as EPIPE when the reader has gone. */
  on(event: 'error', listener: (error: NodeJS.ErrnoException) => void): unknown;
}

/** The streams of a process. */
export interface Outputs {
  /** For answers: the log, the usage, the version. */
  readonly stdout: Output;
  /** For problems. */
  readonly stderr: Output;
}

interface LogSinkOptions {
  /** The value of `-log-file`: a file, `stdout` or `stderr`. */
  readonly file: string;
  readonly outputs: Outputs;
  /** Is called when nobody reads stdout or stderr any more, as in `... | head`; perhaps several times. */
  onReaderGone(): void;
}

/** The codes of errors that come when nobody reads the pipe any more, or when the terminal is gone. */
const readerGone: ReadonlySet<string | undefined> = new Set(['EPIPE', 'EIO']);

/**
 * Opens the place of the log, for as long as the process lives.
 * @throws CommandError with exit code 1 when the file cannot be opened.
 */
export function openLogSink({ file, outputs, onReaderGone }: LogSinkOptions): LogSink {
  if (file === 'stdout' || file === 'stderr') return outputSink(outputs[file], onReaderGone);
  return fileSink(file, outputs.stderr);
}

function outputSink(output: Output, onReaderGone: () => void): LogSink {
  output.on('error', (error) => {
    if (readerGone.has(error.code)) onReaderGone();
  });
  return { write: (text) => void output.write(text), reopen() {} };
}

/** Writes each line at once, as to stdout, so that none is lost however the process ends. */
function fileSink(file: string, stderr: Output): LogSink {
  let descriptor = openForAppending(file);
  let isBroken = false;
  return {
    write(text) {
      try {
        appendFileSync(descriptor, text);
        isBroken = false;
      } catch (error) {
        if (!isBroken) stderr.write(`cannot write the log: ${(error as Error).message}\n`);
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
