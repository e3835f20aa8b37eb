import { closeSync, constants, openSync, writeSync } from 'node:fs';
import { CommandError } from '../flags/command-error.ts';

/** Milliseconds until a pipe is tried again whose reader stands still. */
const retryMs = 50;

/** The byte with which a line ends. */
const lineEnd = 10;

/** A file that the log is appended to. Lines are written at once, so that none is lost however the process ends. */
export class LogFile {
  #descriptor: number;
  /** Whether the last line was written in part, as a disk may have room for some bytes. */
  #isCut = false;

  /** @param descriptor the open file. */
  constructor(descriptor: number) {
    this.#descriptor = descriptor;
  }

  /** Appends text of whole lines, and calls back when all of it is written, or with the error for which the rest is not. */
  append(text: string, done: (error?: Error) => void): void {
    this.#write(Buffer.from(this.#isCut ? `\n${text}` : text), done);
  }

  /** Goes on with another file from now on. */
  replace(descriptor: number): void {
    closeSync(this.#descriptor);
    this.#descriptor = descriptor;
    this.#isCut = false;
  }

  #write(bytes: Buffer, done: (error?: Error) => void): void {
    let written = 0;
    try {
      while (written < bytes.length) written += writeSync(this.#descriptor, bytes, written);
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      const rest = bytes.subarray(written);
      if (written > 0) this.#isCut = bytes[written - 1] !== lineEnd;
      // Only pipes with names and terminals, such as behind /dev/stdout, ask to wait.
      if (code === 'EAGAIN') setTimeout(() => this.#write(rest, done), retryMs);
      else done(error as Error);
      return;
    }
    this.#isCut = false;
    done();
  }
}

/**
 * Opens a file to append to. A pipe is opened so that it never makes the process wait.
 * @throws CommandError with exit code 1 when that cannot be.
 */
export function openForAppending(file: string): number {
  // Windows knows no O_NONBLOCK.
  const { O_APPEND, O_CREAT, O_WRONLY, O_NONBLOCK = 0 } = constants;
  try {
    return openSync(file, O_APPEND | O_CREAT | O_WRONLY | O_NONBLOCK, 0o666);
  } catch (error) {
    throw new CommandError(1, `cannot open the log file: ${(error as Error).message}`);
  }
}
