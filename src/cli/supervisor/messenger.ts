import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { messageOf } from '../../support/message-of.ts';
import { resultWithin } from '../../support/timer.ts';
import type { Log } from '../log/log.ts';

/** Milliseconds that the last messages have when this process is about to end. */
const lastMessagesMs = 2_000;

/** The exit code by which a shell says that there is no such program. */
const noSuchProgram = 127;

/**
 * Sends each line, which has assignments with tabs between them, by a systemd-notify of its own and writes how that ended. A supervisor
 * sends the signals that are meant for this command to every process of its group; the shell goes on until its input ends.
 */
const script = `
trap '' HUP INT QUIT TERM USR1 USR2
set -f
IFS='\t'
while read -r message; do
  systemd-notify --pid="$1" $message </dev/null >/dev/null 2>&1
  echo $?
done`;

type Shell = ChildProcessByStdio<Writable, Readable, null>;

function startShell(): Shell {
  return spawn('sh', ['-c', script, 'sh', String(process.pid)], { stdio: ['pipe', 'pipe', 'ignore'], detached: true });
}

/** Whoever passes messages on to the supervisor. */
export type Messages = Pick<Messenger, 'send' | 'isBusy' | 'close'>;

/**
 * Sends messages to the supervisor, in their order. Its socket takes datagrams, which Node cannot send to a path; systemd-notify can, and
 * is on every machine with systemd. A shell that starts early and stays does the starting: a process of our own size takes up to tens of
 * milliseconds to fork, in which it serves nobody, and could not be started at all when there is no file descriptor left.
 */
export class Messenger {
  readonly #log: Log;
  #shell: Shell | undefined;
  #unconfirmed = 0;
  #isHopeless = false;
  #hasFailed = false;

  constructor(log: Log) {
    this.#log = log;
  }

  /** Whether a message is still on its way. */
  get isBusy(): boolean {
    return this.#unconfirmed > 0;
  }

  /** Sends one message. @param assignments such as `READY=1`, without tabs and line breaks. */
  send(assignments: readonly string[]): void {
    if (this.#isHopeless) return;
    this.#shell ??= this.#start();
    if (!this.#shell) return;
    this.#unconfirmed++;
    this.#shell.stdin.write(`${assignments.join('\t')}\n`);
  }

  /** Resolves when all messages are sent, or there is no hope for that. */
  async close(): Promise<void> {
    const shell = this.#shell;
    if (!shell) return;
    this.#isHopeless = true;
    shell.stdin.end();
    const ended = once(shell, 'close').catch(() => {});
    const isInTime = await resultWithin(lastMessagesMs, () => ended.then(() => true));
    // With the systemd-notify that it waits for.
    if (!isInTime && shell.pid !== undefined) process.kill(-shell.pid, 'SIGKILL');
  }

  /** Starts the shell. @returns undefined when there can be none: spawn() throws ENOMEM and others, rather than to tell of them. */
  #start(): Shell | undefined {
    try {
      return this.#followed(startShell());
    } catch (error) {
      this.#giveUp(messageOf(error));
      return undefined;
    }
  }

  #followed(shell: Shell): Shell {
    createInterface(shell.stdout).on('line', (exitCode) => this.#confirm(Number(exitCode)));
    shell.stdin.on('error', () => {});
    shell.on('error', ({ message }) => this.#giveUp(message));
    shell.on('close', () => {
      this.#shell = undefined;
      this.#unconfirmed = 0;
    });
    return shell;
  }

  #confirm(exitCode: number): void {
    this.#unconfirmed--;
    if (exitCode === noSuchProgram) this.#giveUp('there is no systemd-notify');
    else if (exitCode !== 0 && !this.#hasFailed) {
      this.#log('warn', `warning: the supervisor cannot be told: systemd-notify ended with exit code ${exitCode}`);
    }
    this.#hasFailed = exitCode !== 0;
  }

  #giveUp(why: string): void {
    if (!this.#isHopeless)
      this.#log('warn', `warning: NOTIFY_SOCKET is set, but the supervisor is told nothing: ${why}`);
    this.#isHopeless = true;
    this.#shell?.stdin.end();
  }
}
