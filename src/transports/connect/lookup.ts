import dns, { type LookupAddress, type LookupAllOptions, type LookupOptions } from 'node:dns';
import type { LookupFunction } from 'node:net';
import { lacksDescriptors } from '../message/shortage.ts';
import { askDns } from './ask-dns.ts';
import { forgetUnused } from './forget-unused.ts';
import { type Failure, KnownName, type OnFound } from './known-name.ts';

/** Time that a name waits for a thread before it is looked up without one. */
const patienceMs = 250;

/** Most names that are remembered, beyond those that are being looked up. */
const maxNames = 1_000;

/** Asks the system as `dns.lookup` does. */
type Ask = (hostname: string, options: LookupAllOptions, done: OnFound) => void;

/** How {@link createLookup} asks, for tests. */
interface LookupSettings {
  /**
   * Asks the system.
   * @default dns.lookup
   */
  readonly ask?: Ask;
  /**
   * Looks a name up when there is no thread; may find nothing.
   * @default the hosts file and DNS
   */
  readonly askWithoutThread?: (hostname: string) => Promise<LookupAddress[]>;
  /**
   * Most lookups that are under way at one time.
   * @default as many as libuv runs at once
   */
  readonly threads?: number;
}

/**
 * Asks the system. `dns.lookup` is read at each call: programs put another function in its place, which may give one address where
 * all are asked for.
 */
function askSystem(hostname: string, options: LookupAllOptions, done: OnFound): void {
  const lacked = lacksDescriptors();
  dns.lookup(hostname, options, (error, found: unknown, family?: unknown) => {
    const isList = Boolean(error) || Array.isArray(found);
    done(
      error && (lacked || lacksDescriptors()) ? withoutDescriptors(error) : error,
      isList ? (found as LookupAddress[]) : [{ address: String(found), family: Number(family) }],
    );
  });
}

/**
 * The error of a lookup that had no file descriptor for its files and sockets. The system calls such a name unknown, and its endpoint
 * would be blamed.
 */
function withoutDescriptors({ message }: Error): Failure {
  return Object.assign(new Error(`${message}, for want of file descriptors`), { code: 'EMFILE' });
}

class Lookups {
  readonly #ask: Ask;
  readonly #askWithoutThread: (hostname: string) => Promise<LookupAddress[]>;
  readonly #threads: number;
  readonly #names = new Map<string, KnownName>();
  readonly #remembered = {
    max: maxNames,
    isUnused: (name: KnownName) => !this.#queue.has(name) && !this.#underWay.has(name),
  };
  readonly #queue = new Set<KnownName>();
  readonly #underWay = new Set<KnownName>();

  constructor({ ask, askWithoutThread, threads }: LookupSettings) {
    this.#ask = ask ?? askSystem;
    this.#askWithoutThread = askWithoutThread ?? ((hostname) => askDns(hostname));
    this.#threads = threads ?? lookupThreads();
  }

  /** Gives the addresses of a name to `done`, never within the call. */
  find(hostname: string, options: LookupOptions, done: OnFound): void {
    const name = this.#nameOf(hostname, options);
    if (!name.find(done)) return;
    if (!this.#underWay.has(name)) this.#queue.add(name);
    this.#startNext();
    if (this.#queue.has(name) && !name.isHelped && !options.family) this.#help(name);
  }

  /**
   * Looks a name up without a thread: when names that do not answer take all threads, a new name waits as long as the system waits
   * for them.
   */
  #help(name: KnownName): void {
    name.isHelped = true;
    const ask = async (): Promise<void> => {
      const found = this.#queue.has(name) ? await this.#askWithoutThread(name.hostname).catch(() => []) : [];
      name.isHelped = false;
      if (found.length > 0 && this.#queue.has(name)) name.answer(found);
    };
    setTimeout(ask, patienceMs).unref();
  }

  #nameOf(hostname: string, options: LookupOptions): KnownName {
    const { family = 0, hints = 0, order = '', verbatim = '' } = options;
    const key = `${family} ${hints} ${order} ${verbatim} ${hostname}`;
    const known = this.#names.get(key);
    if (known) return known;
    const name = new KnownName(hostname, (done) => this.#ask(hostname, { ...options, all: true }, done));
    forgetUnused(this.#names, this.#remembered);
    this.#names.set(key, name);
    return name;
  }

  #startNext(): void {
    while (this.#underWay.size < this.#threads) {
      const name = this.#next();
      if (!name) return;
      this.#queue.delete(name);
      this.#start(name);
    }
  }

  #next(): KnownName | undefined {
    const queue = [...this.#queue];
    const next = queue.find(isAnswering) ?? queue.find(({ standing }) => standing === 'new');
    // The last free thread is not for names that were silent.
    return next ?? (this.#underWay.size < Math.max(1, this.#threads - 1) ? queue[0] : undefined);
  }

  #start(name: KnownName): void {
    this.#underWay.add(name);
    const startedAtMs = performance.now();
    const onEnd = (error: Failure, found: LookupAddress[]): void => {
      this.#underWay.delete(name);
      name.settle(error, found, performance.now() - startedAtMs);
      this.#startNext();
    };
    try {
      name.ask(onEnd);
    } catch (error) {
      // An agent of the user's may give options that the system refuses.
      process.nextTick(onEnd, error as Error, []);
    }
  }
}

function isAnswering({ standing }: KnownName): boolean {
  return standing === 'answering';
}

/**
 * How many lookups libuv runs at once: half of its threads (`UV_THREADPOOL_SIZE`) are for work that may take long, which only
 * lookups are.
 */
function lookupThreads(): number {
  const size = Number.parseInt(process.env.UV_THREADPOOL_SIZE ?? '4', 10) || 1;
  return Math.floor((Math.min(Math.max(size, 1), 1_024) + 1) / 2);
}

/**
 * Makes a function with the signature and semantics of `dns.lookup` that asks once for all who want the same name at the same
 * time, and gives answers again for a short time, failures never. When more names are asked for than there are threads, names that
 * answered go first, names that were silent leave one thread to the others, and names that still have to wait are looked up in the
 * hosts file and by DNS.
 */
export function createLookup(settings: LookupSettings = {}): LookupFunction {
  const lookups = new Lookups(settings);
  return (hostname, options, callback) => {
    lookups.find(hostname, options, (error, found) => {
      if (error || options.all) callback(error, found);
      else callback(null, found[0]?.address ?? '', found[0]?.family);
    });
  };
}

/**
 * Looks names up by the rules of the system, hosts file included, for all transports of the process, in the place of `dns.lookup`.
 * A lookup occupies a thread until DNS answers, and libuv has two threads for all lookups: with `dns.lookup` itself two requests for
 * a name whose DNS server is silent stop all others for many seconds (node 62503).
 */
export const lookup: LookupFunction = createLookup();
