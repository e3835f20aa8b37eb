import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { inTime } from '../../helpers/deadline.ts';

/** Takes datagrams, as systemd does, and writes each on one line. A name that begins with @ is none of the file system. */
const receiver = `
  use strict; use Socket; $| = 1;
  (my $name = $ARGV[0]) =~ s/^@/\\0/;
  socket(my $socket, AF_UNIX, SOCK_DGRAM, 0) or die "socket: $!";
  bind($socket, pack_sockaddr_un($name)) or die "bind: $!";
  print "ready\\n";
  while (defined recv($socket, my $message, 65536, 0)) { $message =~ s/\\n/ /g; print "$message\\n"; }`;

/** A supervisor's socket, and what has come there so far. */
export class NotifySocket {
  /** The messages, each with spaces between its assignments. */
  readonly messages: string[] = [];
  readonly #process: ChildProcess;

  private constructor(process: ChildProcess) {
    this.#process = process;
  }

  /** Opens the socket at a path, or at a name that begins with @. */
  static async open(name: string): Promise<NotifySocket> {
    const process = spawn('perl', ['-e', receiver, name], { stdio: ['ignore', 'pipe', 'inherit'] });
    const socket = new NotifySocket(process);
    const ready = Promise.withResolvers<void>();
    createInterface(process.stdout).on('line', (line) => {
      if (line === 'ready') ready.resolve();
      // By this message systemd-notify waits until all others are read.
      else if (line !== 'BARRIER=1') socket.messages.push(line);
    });
    await inTime(ready.promise, 'the socket', () => socket.messages);
    return socket;
  }

  /** How many signs of life have come from a process. */
  beats(pid: number | undefined): number {
    return this.messages.filter((message) => message === `MAINPID=${pid} WATCHDOG=1`).length;
  }

  close(): void {
    this.#process.kill();
  }
}
