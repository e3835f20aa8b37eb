import { setTimeout as sleep } from 'node:timers/promises';

/** How often the thread is looked at; a turn of the event loop that takes longer is seen as one pause. */
const everyMs = 2;

/**
 * For how long a turn of the event loop held this thread. Counted is what the thread computed meanwhile, not what other
 * processes did, so that a busy machine makes no pauses.
 */
export class MainThread {
  #last = usedMs();
  #maxMs = 0;

  constructor() {
    setInterval(() => this.#look(), everyMs).unref();
  }

  #look(): void {
    const now = usedMs();
    this.#maxMs = Math.max(this.#maxMs, now - this.#last);
    this.#last = now;
  }

  /** Begins anew. */
  forget(): void {
    this.#look();
    this.#maxMs = 0;
  }

  /** The longest pause since then. */
  async maxMs(): Promise<number> {
    await sleep(everyMs);
    this.#look();
    return this.#maxMs;
  }
}

function usedMs(): number {
  // Node 22 knows only what the whole process computes.
  const { user, system } = process.threadCpuUsage?.() ?? process.cpuUsage();
  return (user + system) / 1_000;
}
