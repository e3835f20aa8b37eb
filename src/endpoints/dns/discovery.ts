import { listChange } from '../../support/list-change.ts';
import { type ConfiguredEndpoint, distinctly, withDistinctNames } from '../place/configured-endpoint.ts';
import { type EndpointItem, isName } from './configured-name.ts';
import { DiscoveredName } from './discovered-name.ts';
import type { DnsEvents } from './dns-events.ts';
import type { DnsSnapshot } from './dns-snapshot.ts';
import { noAddressYet } from './no-address-yet.ts';

/** Is told of events, after the list has changed. */
type OnEvent = (event: DnsEvents) => void;

/** A name with its place in the list, and what people know of it. */
interface ListedName {
  readonly name: DiscoveredName;
  readonly dns: string;
  readonly index: number;
  /** The names of its endpoints, as they are called in the whole list. */
  called: readonly string[];
}

/**
 * A list of endpoints among which names stand for all addresses that DNS gives. A name without any answer yet takes no part in the list,
 * and holds nobody up. DNS is asked by whoever wants the list, so there is no timer and nothing to close.
 */
export class Discovery {
  readonly #items: ReadonlyArray<ConfiguredEndpoint | ListedName>;
  readonly #names: readonly ListedName[];
  readonly #onEvent: OnEvent;
  #list: readonly ConfiguredEndpoint[];

  constructor(items: readonly EndpointItem[], onEvent: OnEvent) {
    this.#onEvent = onEvent;
    const labels = distinctly(items.map((item) => (isName(item) ? item.dns : '')));
    this.#items = items.map((item, index) => {
      if (!isName(item)) return item;
      const dns = labels[index] ?? item.dns;
      const name = new DiscoveredName(item, {
        onChanged: () => this.#rebuild(listed),
        onFailed: (problem) => onEvent({ type: 'dns-failed', dns, problem }),
        onRestored: () => onEvent({ type: 'dns-restored', dns }),
      });
      const listed: ListedName = { name, dns, index, called: [] };
      return listed;
    });
    this.#names = this.#items.filter((item) => 'called' in item);
    this.#list = this.#combined();
  }

  /** The endpoints that are known at this moment, however old the answers are. */
  get known(): readonly ConfiguredEndpoint[] {
    return this.#list;
  }

  /**
   * The endpoints for a request at this moment: the very same list as long as no answer changes. Where none is known, it is that of the name which
   * DNS answers for first. Where all that is known is as old as a long pause, the new answers are waited for a little.
   * @throws BalancingProxyError `ERR_BRP_NO_ENDPOINT`, as a rejection, when no endpoint is known and DNS was asked for every name in vain.
   */
  current(): readonly ConfiguredEndpoint[] | Promise<readonly ConfiguredEndpoint[]> {
    if (this.#list.length === 0) return this.#first();
    let renewed: ReadonlyArray<Promise<unknown>> = [];
    let others = this.#items.length - this.#names.length;
    for (const { name } of this.#names) {
      const renewing = name.answers.keepFresh();
      if (renewing) renewed = [...renewed, renewing];
      else others += name.endpoints.length;
    }
    if (renewed.length === 0 || others > 0) return this.#list;
    return Promise.race(renewed).then(() => this.#list);
  }

  /**
   * Asks DNS for all names without a fresh answer. Resolves when there are answers for all, good or bad.
   * @param before what another discovery has learned: its answers count for as long as there is no better one.
   */
  async discover(before: readonly DnsSnapshot[]): Promise<void> {
    const discoverOne = async ({ name, dns }: ListedName): Promise<void> => {
      const { record } = name.configured.question;
      const { answers } = before.find((one) => one.dns === dns && one.record === record) ?? {};
      if (answers) name.takeOver(answers);
      if (!name.answers.isFresh) await name.answers.renew().catch(() => {});
    };
    await Promise.all(this.#names.map(discoverOne));
  }

  /** The names at this moment, in their order. */
  snapshots(): readonly DnsSnapshot[] {
    return this.#names.map(({ name, dns, index, called }) => {
      const { question, refreshMs } = name.configured;
      const { problem, lastGood: answers } = name;
      return { dns, index, record: question.record, refreshMs, answers, endpoints: called, problem };
    });
  }

  /** Waits for the first answer of any name. */
  async #first(): Promise<readonly ConfiguredEndpoint[]> {
    try {
      await Promise.any(this.#names.map(({ name }) => name.answers.renew()));
    } catch (error) {
      const problems = (error as AggregateError).errors.map(({ message }: Error) => message);
      throw noAddressYet(new Error(problems.join('; ')));
    }
    return this.#list;
  }

  #combined(): readonly ConfiguredEndpoint[] {
    return withDistinctNames(this.#items.flatMap((item) => ('called' in item ? item.name.endpoints : [item])));
  }

  /** Makes the list anew, and tells which endpoints of the name came and went. */
  #rebuild(changed: ListedName): void {
    this.#list = this.#combined();
    let at = 0;
    for (const item of this.#items) {
      const count = 'called' in item ? item.name.endpoints.length : 1;
      const called = this.#list.slice(at, at + count).map(({ address }) => address.name);
      at += count;
      if (!('called' in item)) continue;
      const before = item.called;
      item.called = Object.freeze(called);
      if (item !== changed) continue;
      const change = { dns: item.dns, endpoints: item.called, ...listChange(before, called) };
      this.#onEvent({ type: 'endpoints-changed', ...change });
    }
  }
}
