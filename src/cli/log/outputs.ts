import { fstatSync } from 'node:fs';
import { isatty } from 'node:tty';

/** A stream for people, or for whoever collects the output of processes. */
export interface Output {
  /** The number of the open file behind it, if there is one. */
  readonly fd?: number;
  /** Writes text, and calls back when it was taken, or could not be. */
  write(text: string, done?: (error?: Error | null) => void): unknown;
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

/** A terminal as Node has it inside; set-blocking and others have used this for years. */
interface Terminal {
  readonly _handle?: { setBlocking?(isBlocking: boolean): unknown };
}

/** Has a terminal keep nobody waiting: by default Node stands still, requests included, from Ctrl-S to Ctrl-Q. */
export function neverWaitFor(output: NodeJS.WriteStream): void {
  if (output.isTTY) (output as Terminal)._handle?.setBlocking?.(false);
}

/** Whether an output leads to a file, such as by `> log`, and not to a pipe, a socket or a terminal. */
export function isFile({ fd }: Output): boolean {
  if (fd === undefined) return false;
  const kind = fstatSync(fd);
  return kind.isFile() || (kind.isCharacterDevice() && !isatty(fd));
}
