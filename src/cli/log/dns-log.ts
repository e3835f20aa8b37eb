import { isDeepStrictEqual } from 'node:util';
import type { DnsFailed, DnsRestored, DnsSnapshot, EndpointsChanged } from '../../index.ts';
import { tellDns } from '../../observers/log/tell-dns.ts';
import { listChange } from '../../support/list-change.ts';
import type { Log } from './log.ts';

/**
 * Logs which addresses DNS gives and when it fails: a line per change, whichever of several processes sees it first, and however often they are
 * started anew.
 */
export class DnsLog {
  readonly #log: Log;
  /** What each process has told last, by its number. */
  readonly #told = new Map<number, readonly DnsSnapshot[]>();
  /** The endpoints of each name by the lines so far. */
  readonly #logged = new Map<string, readonly string[]>();
  readonly #failing = new Set<string>();

  constructor(log: Log) {
    this.#log = log;
  }

  /** Whether DNS fails for a name, by the lines so far. */
  isFailing(dns: string): boolean {
    return this.#failing.has(dns);
  }

  /** Logs what is new among the names of a process. */
  tell(names: readonly DnsSnapshot[], process = 0): void {
    const before = this.#told.get(process) ?? [];
    this.#told.set(process, names);
    for (const name of names) {
      const known = before.find(({ dns }) => dns === name.dns);
      const isNews = !isDeepStrictEqual(known?.endpoints, name.endpoints);
      if (known?.problem !== undefined && name.problem === undefined) this.#forgetProblems(name);
      if (name.answers && isNews) this.#logAddresses(name);
      this.#logFailure(name);
    }
    this.#forgetOthers();
  }

  /** Leaves a process out that is no more. Whether DNS still fails, the others or the next one will tell. */
  forget(process: number): void {
    this.#told.delete(process);
  }

  #logAddresses(name: DnsSnapshot): void {
    const { dns, endpoints } = name;
    const change = listChange(this.#logged.get(dns) ?? [], endpoints);
    this.#logged.set(dns, endpoints);
    if (change.added.length === 0 && change.removed.length === 0) return;
    this.#write(name, { type: 'endpoints-changed', dns, endpoints, ...change });
  }

  /** DNS answers one process again. Another one that has failed may have nothing to ask for, and would never take its problem back. */
  #forgetProblems({ dns }: DnsSnapshot): void {
    for (const [process, names] of this.#told) {
      this.#told.set(
        process,
        names.map((name) => (name.dns === dns ? { ...name, problem: undefined } : name)),
      );
    }
  }

  /** DNS fails from the first process that asks in vain until it answers one of them again. */
  #logFailure(name: DnsSnapshot): void {
    const { dns, problem } = name;
    const fails = [...this.#told.values()].flat().some((one) => one.dns === dns && one.problem !== undefined);
    if (fails === this.#failing.has(dns)) return;
    if (fails) this.#failing.add(dns);
    else this.#failing.delete(dns);
    if (!fails) this.#write(name, { type: 'dns-restored', dns });
    else if (problem !== undefined) this.#write(name, { type: 'dns-failed', dns, problem });
  }

  #write({ index }: DnsSnapshot, event: EndpointsChanged | DnsFailed | DnsRestored): void {
    const { level, message, fields } = tellDns(event, `endpoint ${index} dns ${event.dns}`);
    this.#log(level, message, { event: event.type, ...fields });
  }

  /** Forgets names that nobody asks for any more. */
  #forgetOthers(): void {
    const asked = new Set([...this.#told.values()].flat().map(({ dns }) => dns));
    for (const dns of [...this.#logged.keys(), ...this.#failing]) {
      if (asked.has(dns)) continue;
      this.#logged.delete(dns);
      this.#failing.delete(dns);
    }
  }
}
