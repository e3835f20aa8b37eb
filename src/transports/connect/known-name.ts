import type { LookupAddress } from 'node:dns';
import { isShortage } from '../message/shortage.ts';

/**
 * Age up to which an answer is given without another lookup. Records that move in an outage live for 5 s (Kubernetes) to 60 s
 * (load balancers of clouds), so nobody waits noticeably longer for a new address than with a lookup for each connection.
 */
const freshMs = 5_000;

/** Age up to which an answer is given while another lookup is under way: a DNS server that is restarted costs nothing. */
const usableMs = 60_000;

/** A name whose lookup takes longer counts as silent. DNS answers for a name that exists within some 10 to 100 ms. */
const silentMs = 1_000;

/** Why a lookup failed; null when it did not. */
export type Failure = NodeJS.ErrnoException | null;

/** Gets the addresses of a name, or why there are none. */
export type OnFound = (error: Failure, found: LookupAddress[]) => void;

/** A name that was asked for, with the answer of the last lookup. */
export class KnownName {
  /** The name. */
  readonly hostname: string;
  /** Looks the name up. */
  readonly ask: (done: OnFound) => void;
  /** Whether the last lookup brought an answer soon; "no such name" is an answer. */
  standing: 'new' | 'answering' | 'silent' = 'new';
  /** The name is looked up without a thread, too. */
  isHelped = false;
  #addresses: LookupAddress[] | undefined;
  #answeredAtMs = 0;
  readonly #waiting: OnFound[] = [];

  /** @param ask looks the name up. */
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

  /** Takes the result of a lookup, which took so many milliseconds. */
  settle(error: Failure, found: LookupAddress[], tookMs: number): void {
    const isShort = error !== null && isShortage(error);
    const isUnknown = isShort || error?.code === 'EAI_AGAIN';
    // A lookup for which this process lacks something says nothing of the name.
    if (!isShort) this.standing = isUnknown || tookMs >= silentMs ? 'silent' : 'answering';
    if (!error) {
      this.answer(found);
      return;
    }
    // A lookup without an answer says nothing against the addresses that were known before.
    if (!isUnknown) this.#addresses = undefined;
    for (const done of this.#waiting.splice(0)) done(error, []);
  }

  /** Gives addresses to everybody who waits for this name. */
  answer(found: LookupAddress[]): void {
    this.#addresses = found;
    this.#answeredAtMs = performance.now();
    for (const done of this.#waiting.splice(0)) done(null, found);
  }
}
