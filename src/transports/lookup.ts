import dns, { type LookupAddress, type LookupAllOptions, type LookupOptions } from 'node:dns';
import type { LookupFunction } from 'node:net';

/**
 * An answer is given again for so long without another lookup. Records that move in an outage live for 5 s (Kubernetes) to 60 s
 * (load balancers of clouds), so nobody waits noticeably longer for a new address than with a lookup for each connection.
 */
const freshMs = 5_000;

/** An answer is given while another lookup is under way, for so long at most: a DNS server that is restarted costs nothing. */
const usableMs = 60_000;

/** A name whose lookup takes longer has not answered. Who asks DNS for something that is there waits some 10 to 100 ms. */
const silentMs = 1_000;

/** So many names are remembered; beyond that the ones that were asked for first are forgotten. */
const mostNames = 1_000;

/** Asks the system as `dns.lookup` does. */
export type Ask = (
  hostname: string,
  options: LookupAllOptions,
  done: (error: Failure, found: Addresses) => void,
) => void;

type Addresses = LookupAddress[];
type Failure = NodeJS.ErrnoException | null;

/** What {@link createLookup} may be told. */
export interface LookupSettings {
  /**
   * What is asked.
   * @default dns.lookup
   */
  readonly ask?: Ask;
  /**
   * Most lookups that are under way.
   * @default as many as libuv runs at once
   */
  readonly threads?: number;
}

/** One question to the system, and what is known of its answer. */
interface Name {
  readonly ask: (done: (error: Failure, found: Addresses) => void) => void;
  /** Whether the last lookup brought an answer soon; that there is no such name is one. */
  standing: 'new' | 'answering' | 'silent';
  addresses: Addresses | undefined;
  /** By `performance.now()`. */
  answeredAtMs: number;
  readonly waiting: Array<(error: Failure, found: Addresses) => void>;
}

class Lookups {
  readonly #ask: Ask;
  readonly #threads: number;
  readonly #names = new Map<string, Name>();
  readonly #queue = new Set<Name>();
  readonly #underWay = new Set<Name>();

  // `dns.lookup` is read at each call: others put their own in its place.
  constructor({ ask = (...question) => dns.lookup(...question), threads = lookupThreads() }: LookupSettings) {
    this.#ask = ask;
    this.#threads = threads;
  }

  find(hostname: string, options: LookupOptions, done: (error: Failure, found: Addresses) => void): void {
    const name = this.#nameOf(hostname, options);
    const { addresses, answeredAtMs } = name;
    const ageMs = performance.now() - answeredAtMs;
    if (addresses && ageMs < usableMs) process.nextTick(done, null, addresses);
    else name.waiting.push(done);
    if (addresses && ageMs < freshMs) return;
    if (!this.#underWay.has(name)) this.#queue.add(name);
    this.#startNext();
  }

  #nameOf(hostname: string, options: LookupOptions): Name {
    const { family = 0, hints = 0, order = '', verbatim = '' } = options;
    const key = `${family} ${hints} ${order} ${verbatim} ${hostname}`;
    const known = this.#names.get(key);
    if (known) return known;
    const name: Name = {
      ask: (done) => this.#ask(hostname, { ...options, all: true }, done),
      standing: 'new',
      addresses: undefined,
      answeredAtMs: 0,
      waiting: [],
    };
    this.#forgetOldest();
    this.#names.set(key, name);
    return name;
  }

  #forgetOldest(): void {
    for (const [key, name] of this.#names) {
      if (this.#names.size < mostNames) return;
      if (!this.#queue.has(name) && !this.#underWay.has(name)) this.#names.delete(key);
    }
  }

  #startNext(): void {
    while (this.#underWay.size < this.#threads) {
      const name = this.#next();
      if (!name) return;
      this.#queue.delete(name);
      this.#start(name);
    }
  }

  #next(): Name | undefined {
    const queue = [...this.#queue];
    const next = queue.find(isAnswering) ?? queue.find(({ standing }) => standing === 'new');
    // The last free thread is not for them.
    return next ?? (this.#underWay.size < Math.max(1, this.#threads - 1) ? queue[0] : undefined);
  }

  #start(name: Name): void {
    this.#underWay.add(name);
    const startedAtMs = performance.now();
    const onEnd = (error: Failure, found: Addresses): void => {
      this.#underWay.delete(name);
      settle(name, { error, found, tookMs: performance.now() - startedAtMs });
      this.#startNext();
    };
    try {
      name.ask(onEnd);
    } catch (error) {
      // Options of an agent that is not ours may be wrong.
      process.nextTick(onEnd, error as Error, []);
    }
  }
}

interface Outcome {
  readonly error: Failure;
  readonly found: Addresses;
  readonly tookMs: number;
}

function settle(name: Name, { error, found, tookMs }: Outcome): void {
  const isUnknown = error?.code === 'EAI_AGAIN';
  name.standing = isUnknown || tookMs >= silentMs ? 'silent' : 'answering';
  if (!error) Object.assign(name, { addresses: found, answeredAtMs: performance.now() });
  // Nobody could say otherwise: what was known before may still be so.
  else if (!isUnknown) name.addresses = undefined;
  for (const done of name.waiting.splice(0)) done(error, found);
}

function isAnswering({ standing }: Name): boolean {
  return standing === 'answering';
}

/** Of its threads, which `UV_THREADPOOL_SIZE` says, libuv gives half to what may take long, and nothing else is that. */
function lookupThreads(): number {
  const size = Number.parseInt(process.env.UV_THREADPOOL_SIZE ?? '4', 10) || 1;
  return Math.floor((Math.min(Math.max(size, 1), 1_024) + 1) / 2);
}

/**
 * Makes a function with the signature and semantics of `dns.lookup` that asks once for all who want the same name at the same
 * time, and gives answers again for a short time, failures never. When more is asked than there are threads, names that
 * answered go first, and names that did not always leave a thread to the others.
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
 * Looks names up by the rules of the system, hosts file included, for all transports of the process: as `dns.lookup`, whose
 * place it takes. A lookup occupies a thread until DNS answers, and libuv has two for all lookups, so that with `dns.lookup`
 * itself two requests for a name whose DNS server is silent stop all others, too, for many seconds (node 62503).
 */
export const lookup: LookupFunction = createLookup();
