import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { seed } from '../../fuzz/seed.ts';
import type { Namespace } from './namespace.ts';

/** How a link treats packets, in both directions. */
export interface LinkManners {
  /** Milliseconds from one end to the other; a round trip takes twice as long. */
  readonly delayMs?: number;
  /** The share of packets that is lost; 1 is a cut cable. */
  readonly lossRatio?: number;
}

/** The addresses of a link's ends. */
export const nearAddress = '10.0.0.1';
export const farAddress = '10.0.0.2';

/** A link between two networks, with packets of Ethernet's size. */
export class Link {
  readonly #program: ChildProcess;

  private constructor(program: ChildProcess) {
    this.#program = program;
  }

  static async between(near: Namespace, far: Namespace): Promise<Link> {
    const script = path.join(import.meta.dirname, 'link.pl');
    const program = near.spawn('perl', [script, String(seed), 'near', 'far'], { stdio: ['pipe', 'pipe', 'pipe'] });
    let said = '';
    program.stderr?.on('data', (text) => (said += text));
    const ended = once(program, 'close').then(() => Promise.reject(new Error(`the link cannot be made: ${said}`)));
    ended.catch(() => {});
    if (program.stdout) await Promise.race([once(program.stdout, 'data'), ended]);
    program.stdin?.on('error', () => {});
    await near.run('ip', ['link', 'set', 'far', 'netns', String(far.pid)]);
    await attach(near, 'near', nearAddress);
    await attach(far, 'far', farAddress);
    return new Link(program);
  }

  set({ delayMs = 0, lossRatio = 0 }: LinkManners): void {
    this.#program.stdin?.write(`delay ${delayMs} loss ${lossRatio}\n`);
  }

  /** From now on, packets of the TCP connections that there are vanish without a word. */
  forgetConnections(): void {
    this.#program.stdin?.write('forget\n');
  }
}

/** A queue as long as any window, so that nothing is lost but what is meant to be. */
async function attach(namespace: Namespace, device: string, address: string): Promise<void> {
  await namespace.run('ip', ['address', 'add', `${address}/24`, 'dev', device]);
  await namespace.run('ip', ['link', 'set', device, 'txqueuelen', '20000', 'up']);
}
