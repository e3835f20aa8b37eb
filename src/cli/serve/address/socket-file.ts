import { randomBytes } from 'node:crypto';
import { accessSync, chmodSync, constants, lstatSync, renameSync, type Stats, unlinkSync } from 'node:fs';
import { connect } from 'node:net';
import path from 'node:path';
import { CommandError } from '../../flags/command-error.ts';
import { temporaryNameBytes } from '../../flags/kinds/address.ts';

/** A Unix socket that is asked for. */
interface SocketFileSettings {
  readonly file: string;
  /** The permissions of the file; undefined for those that the umask leaves. */
  readonly mode: number | undefined;
  /** The words that errors begin with. */
  readonly problem: string;
}

/**
 * The file of a Unix socket. A server listens under another name in the same folder, and the file that it gets is moved to the name that
 * was asked for: so the file has its permissions from its first moment, takes the place of a stale one without a gap, and is not removed by
 * node:net, which looks only at the name, when another process has put a socket of its own there.
 */
export class SocketFile {
  /** The path to have a server listen on. */
  readonly temporary: string;
  readonly #settings: SocketFileSettings;
  /** The file as it was put in place. */
  #own: Stats | undefined;

  private constructor(settings: SocketFileSettings) {
    this.#settings = settings;
    const name = `.${randomBytes(temporaryNameBytes).toString('hex')}`.slice(0, temporaryNameBytes);
    this.temporary = path.join(path.dirname(settings.file), name);
  }

  /** @throws CommandError with exit code 1 when there cannot be such a socket, or another process listens on it. */
  static async claim(settings: SocketFileSettings): Promise<SocketFile> {
    const { file, problem } = settings;
    const refuse = (why: string) => new CommandError(1, `${problem}: ${why}`);
    const problemSeen = whyNoSocketAt(file);
    if (problemSeen !== undefined) throw refuse(problemSeen);
    const state = await tryToConnect(file);
    if (state === 'nobody listens') return new SocketFile(settings);
    throw refuse(state === 'somebody listens' ? `another process listens on ${file}` : state.message);
  }

  /**
   * Gives the socket its name, as soon as a server listens; does nothing where it has it already.
   * @throws CommandError with exit code 1 when that is not possible.
   */
  publish(): void {
    const { file, mode, problem } = this.#settings;
    if (lstatSync(this.temporary, { throwIfNoEntry: false }) === undefined) return;
    try {
      if (mode !== undefined) chmodSync(this.temporary, mode);
      renameSync(this.temporary, file);
    } catch (error) {
      throw new CommandError(1, `${problem}: ${(error as Error).message}`);
    }
    this.#own = lstatSync(file, { throwIfNoEntry: false });
  }

  /** Removes the file, unless somebody else has put another one there. */
  remove(): void {
    const { file } = this.#settings;
    const present = lstatSync(file, { throwIfNoEntry: false });
    if (!present || !this.#own || !isSame(present, this.#own)) return;
    this.#own = undefined;
    try {
      unlinkSync(file);
    } catch {
      // A file that stays behind is replaced at the next start.
    }
  }
}

/** Says why there can be no Unix socket at a path, as far as that is to be seen from outside; undefined where there can. */
export function whyNoSocketAt(file: string): string | undefined {
  try {
    // The error of node:net for a folder that is not there would be EACCES.
    accessSync(path.dirname(file), constants.W_OK | constants.X_OK);
  } catch (error) {
    return (error as Error).message;
  }
  const present = lstatSync(file, { throwIfNoEntry: false });
  return present && !present.isSocket() ? `${file} is there and no socket; it stays as it is` : undefined;
}

/** Whether both are the same file. The numbers of files that are gone are used again, at another time. */
function isSame(one: Stats, other: Stats): boolean {
  return one.dev === other.dev && one.ino === other.ino && one.birthtimeMs === other.birthtimeMs;
}

/** Finds out whether a process listens on a Unix socket. @returns the error where that cannot be found out. */
function tryToConnect(file: string): Promise<'somebody listens' | 'nobody listens' | Error> {
  return new Promise((resolve) => {
    const socket = connect(file, () => {
      resolve('somebody listens');
      socket.destroy();
    });
    socket.on('error', (error: NodeJS.ErrnoException) => {
      const { code } = error;
      // EAGAIN is a process with too many clients that wait.
      if (code === 'EAGAIN') resolve('somebody listens');
      else resolve(code === 'ECONNREFUSED' || code === 'ENOENT' ? 'nobody listens' : error);
    });
  });
}
