import type { LookupAddress } from 'node:dns';

/**
 * An answer is given again for so long without another lookup. Records that move in an outage live for 5 s (Kubernetes) to 60 s
 * (load balancers of clouds), so nobody waits noticeably longer for a new address than with a lookup for each connection.
 */
const freshMs = 5_000;

/** An answer is given while another lookup is under way, for so long at most: a DNS server that is restarted costs nothing. */
const usableMs = 60_000;

/** A name whose lookup takes longer has not answered. Who asks DNS for something that is there waits some 10 to 100 ms. */
const silentMs = 1_000;

export type Failure = NodeJS.ErrnoException | null;

/** Gets the addresses of a name, or why there are none. */
export type OnFound = (error: Failure, found: LookupAddress[]) => void;

/** One question to the system, and what is known of its answer. */
export class KnownName {
  readonly hostname: string;
  readonly ask: (done: OnFound) => void;
  /** Whether the last lookup brought an answer soon; that there is no such name is one. */
  standing: 'new' | 'answering' | 'silent' = 'new';
  /** It is asked for without a thread, too. */
  isHelped = false;
  #addresses: LookupAddress[] | undefined;
  #answeredAtMs = 0;
  readonly #waiting: OnFound[] = [];

  constructor(hostname: string, ask: (done: OnFound) => void) {
    this.hostname = hostname;
    this.ask = ask;
  }

  /**
   * Gives the addresses as soon as they are known, never within the call.
   * @returns whether it is time for a lookup.
   */
  find(done: OnFound): boolean {
    const ageMs = performance.now() - this.#answeredAtMs;
    if (!this.#addresses || ageMs >= usableMs) this.#waiting.push(done);
    else process.nextTick(done, null, this.#addresses);
    return !this.#addresses || ageMs >= freshMs;
  }

  /** A lookup is over. */
  settle(error: Failure, found: LookupAddress[], tookMs: number): void {
    const isUnknown = error?.code === 'EAI_AGAIN';
    this.standing = isUnknown || tookMs >= silentMs ? 'silent' : 'answering';
    if (!error) {
      this.answer(found);
      return;
    }
    // Where nobody could say otherwise, what was known before may still be so.
    if (!isUnknown) this.#addresses = undefined;
    for (const done of this.#waiting.splice(0)) done(error, []);
  }

  answer(found: LookupAddress[]): void {
    this.#addresses = found;
    this.#answeredAtMs = performance.now();
    for (const done of this.#waiting.splice(0)) done(null, found);
  }
}
