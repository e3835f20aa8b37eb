import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { UserError } from '../../shared/command.ts';
import type { CertificateFiles } from './certificate-files.ts';

/** The name, ports, certificate and endpoints of an instance. */
export interface InstanceSettings {
  readonly name: string;
  readonly port: number;
  readonly adminPort: number;
  readonly endpoints: readonly string[];
  readonly certificate: CertificateFiles;
}

const command = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url));

/** One command with two workers, which can be stopped and started again. */
export class Instance {
  readonly name: string;
  readonly #args: readonly string[];
  #process: ChildProcess | undefined;

  constructor({ name, port, adminPort, endpoints, certificate }: InstanceSettings) {
    this.name = name;
    this.#args = [
      ...['-endpoints', endpoints.join()],
      ...['-address', `127.0.0.1:${port}`],
      // HAProxy speaks HTTP/2 over TLS, and HTTP/1.1 without.
      ...['-tls-cert', certificate.cert, '-tls-key', certificate.key],
      ...['-workers', '2'],
      ...['-admin', `127.0.0.1:${adminPort}`],
      // HAProxy has to see /readyz fail twice, at 100 ms each, on a machine that may be busy.
      ...['-shutdown-delay', '1s'],
      // One name for the whole fleet, by which a request that comes back is recognised.
      ...['-via', 'fleet'],
    ];
  }

  /**
   * Resolves when the instance serves.
   * @throws UserError with its output when it ends instead.
   */
  async start(): Promise<void> {
    const child = spawn(process.execPath, [command, ...this.#args], { stdio: ['ignore', 'pipe', 'inherit'] });
    this.#process = child;
    const { promise: started, resolve } = Promise.withResolvers<void>();
    let log = '';
    // Read to its end: a process whose output nobody reads stands still when the pipe is full.
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      log = (log + text).slice(-2_000);
      if (/starting on/.test(log)) resolve();
    });
    const ended = once(child, 'exit').then(() => {
      throw new UserError(`instance ${this.name} did not start: ${log}`, 1);
    });
    // The end of a process that has started is no failure: stop() waits for it.
    ended.catch(() => {});
    await Promise.race([started, ended]);
  }

  /** Asks it to finish and waits for its end. @returns its exit code. */
  async stop(): Promise<number | null> {
    const child = this.#process;
    if (!child || child.exitCode !== null) return child?.exitCode ?? null;
    const ended = once(child, 'exit');
    child.kill('SIGTERM');
    const [exitCode] = await ended;
    return exitCode;
  }
}
