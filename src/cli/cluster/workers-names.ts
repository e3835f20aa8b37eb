import type { DnsSnapshot } from '../../index.ts';
import { DnsLog } from '../log/dns-log.ts';
import type { Log } from '../log/log.ts';
import { mostGone } from '../serve/snapshots.ts';
import type { WorkerHandle } from './worker-handle.ts';

interface NamesSettings {
  readonly log: Log;
  /** Gives the names that are configured at the moment. */
  readonly configured: () => readonly DnsSnapshot[];
}

/** What the workers know of DNS. Each asks for itself. */
export class WorkersNames {
  readonly #log: DnsLog;
  readonly #configured: NamesSettings['configured'];
  /** The latest answer that any worker had for each name. */
  readonly #latest = new Map<string, DnsSnapshot>();
  /** The endpoints that any worker has seen, each with its name for DNS, the one that came last at the end. */
  readonly #seen = new Map<string, string>();

  constructor({ log, configured }: NamesSettings) {
    this.#log = new DnsLog(log);
    this.#configured = configured;
  }

  /** What workers that start later can go on with. */
  get latest(): readonly DnsSnapshot[] {
    return [...this.#latest.values()];
  }

  /** The endpoints that DNS gives, by the latest answers. */
  get endpoints(): readonly string[] {
    return this.latest.flatMap(({ endpoints }) => endpoints);
  }

  /** Whether DNS gives an endpoint, or has given it to any worker. */
  hasSeen(endpoint: string): boolean {
    return this.#seen.has(endpoint);
  }

  /** Whether DNS fails for a name: no longer when it has answered any worker again, though others have not asked since. */
  isFailing(dns: string): boolean {
    return this.#log.isFailing(dns);
  }

  /** Takes what DNS says to a worker. Names that only a worker asks for which has not heard of a reload yet are left out. */
  report(names: readonly DnsSnapshot[], { number }: WorkerHandle): void {
    const current = names.filter(({ dns }) => this.#isConfigured(dns));
    for (const name of current) if (name.answers) this.#learn(name);
    this.#forgetGone();
    this.#log.tell(current, number);
  }

  /** Leaves a worker out that is no more. What it has learned stays. */
  bury({ number }: WorkerHandle): void {
    this.#log.forget(number);
  }

  /** Forgets names that are no longer configured, with their endpoints. */
  forgetOthers(): void {
    for (const name of this.#latest.keys()) if (!this.#isConfigured(name)) this.#latest.delete(name);
    for (const [endpoint, name] of this.#seen) if (!this.#isConfigured(name)) this.#seen.delete(endpoint);
  }

  #isConfigured(name: string): boolean {
    return this.#configured().some(({ dns }) => dns === name);
  }

  #learn(name: DnsSnapshot): void {
    this.#latest.set(name.dns, name);
    for (const endpoint of name.endpoints) {
      this.#seen.delete(endpoint);
      this.#seen.set(endpoint, name.dns);
    }
  }

  #forgetGone(): void {
    const { endpoints } = this;
    const gone = [...this.#seen.keys()].filter((endpoint) => !endpoints.includes(endpoint));
    for (const endpoint of gone.slice(0, Math.max(0, gone.length - mostGone))) this.#seen.delete(endpoint);
  }
}
