import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { kill, type Namespace } from '../net/namespace.ts';

/** The addresses of each name. */
export type Zone = Readonly<Record<string, readonly string[]>>;

/** A DNS server, which reads its names from a file, anew with each SIGHUP. */
export class Dnsmasq {
  readonly #namespace: Namespace;
  readonly #address: string;
  readonly #folder = mkdtempSync(path.join(tmpdir(), 'brp-dnsmasq-'));
  #child: ChildProcess | undefined;

  constructor(namespace: Namespace, address: string) {
    this.#namespace = namespace;
    this.#address = address;
  }

  /** Starts it with the names that it had last. Resolves when it answers. */
  async start(zone?: Zone): Promise<this> {
    if (zone) this.#write(zone);
    const child = this.#namespace.spawn('dnsmasq', this.#arguments(), { stdio: ['ignore', 'ignore', 'pipe'] });
    this.#child = child;
    let said = '';
    const ready = Promise.withResolvers<void>();
    child.stderr?.on('data', (text) => {
      said += text;
      if (/read .*hosts/.test(said)) ready.resolve();
    });
    const ended = once(child, 'close').then(() => Promise.reject(new Error(`dnsmasq ended: ${said}`)));
    ended.catch(() => {});
    await Promise.race([ready.promise, ended]);
    return this;
  }

  /** Has it answer with other addresses from now on. */
  set(zone: Zone): void {
    this.#write(zone);
    this.#child?.kill('SIGHUP');
  }

  /** Has it take questions, and answer none. */
  mute(): void {
    this.#child?.kill('SIGSTOP');
  }

  /** Ends it as a crash does. */
  async end(): Promise<void> {
    if (this.#child) await kill(this.#child);
  }

  async close(): Promise<void> {
    await this.end();
    rmSync(this.#folder, { recursive: true, force: true });
  }

  #write(zone: Zone): void {
    const lines = Object.entries(zone).flatMap(([name, addresses]) => addresses.map((one) => `${one} ${name}\n`));
    writeFileSync(this.#hosts, lines.join(''));
  }

  get #hosts(): string {
    return path.join(this.#folder, 'hosts');
  }

  /** It knows no other server, and its answers are good for no time. */
  #arguments(): readonly string[] {
    const listening = ['--bind-interfaces', `--listen-address=${this.#address}`, '--port=53'];
    const knowing = ['--no-resolv', '--no-hosts', `--addn-hosts=${this.#hosts}`, '--local=/test/', '--local-ttl=0'];
    return ['--no-daemon', '--conf-file=/dev/null', '--user=root', '--pid-file=', ...listening, ...knowing];
  }
}
