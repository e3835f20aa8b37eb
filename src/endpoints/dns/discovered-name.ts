import { isDeepStrictEqual } from 'node:util';
import type { ConfiguredEndpoint } from '../place/configured-endpoint.ts';
import type { ConfiguredName } from './configured-name.ts';
import { createDnsQuery, type DnsAnswer } from './dns.ts';
import { LastGood } from './last-good.ts';

/** Is told what DNS says of a name. */
interface NameReports {
  /** There are other addresses than before. */
  onChanged(): void;
  /** DNS was asked in vain, which the time before was not so. */
  onFailed(problem: string): void;
  /** DNS has answered, after it had been asked in vain. */
  onRestored(): void;
}

/** A name and the endpoints that DNS gives for it. */
export class DiscoveredName {
  readonly configured: ConfiguredName;
  readonly answers: LastGood<readonly DnsAnswer[]>;
  readonly #query: () => Promise<readonly DnsAnswer[]>;
  readonly #reports: NameReports;
  #lastGood: readonly DnsAnswer[] | undefined;
  #endpoints: readonly ConfiguredEndpoint[] = [];
  #problem: string | undefined;

  constructor(configured: ConfiguredName, reports: NameReports) {
    this.configured = configured;
    this.#reports = reports;
    this.#query = createDnsQuery(configured.question);
    this.answers = new LastGood({ refreshMs: configured.refreshMs, ask: (known) => this.#ask(known) });
  }

  /** The endpoints by the last good answer; none as long as there was no answer. */
  get endpoints(): readonly ConfiguredEndpoint[] {
    return this.#endpoints;
  }

  /** The last good answer; undefined as long as there was none. */
  get lastGood(): readonly DnsAnswer[] | undefined {
    return this.#lastGood;
  }

  /** Why DNS was asked in vain the last time; undefined when it gave an answer. */
  get problem(): string | undefined {
    return this.#problem;
  }

  /** Takes over the last good answer of somebody else's, for as long as there is no better one. */
  takeOver(answers: readonly DnsAnswer[]): void {
    if (this.#lastGood) return;
    this.answers.takeOver(answers);
    this.#use(answers);
  }

  async #ask(known: readonly DnsAnswer[] | undefined): Promise<readonly DnsAnswer[]> {
    try {
      const answers = await this.#query();
      const wasFailing = this.#problem !== undefined;
      this.#problem = undefined;
      if (wasFailing) this.#reports.onRestored();
      // As long as nothing has changed, the endpoints stay the very same.
      if (known && isDeepStrictEqual(known, answers)) return known;
      this.#use(answers);
      return answers;
    } catch (error) {
      const isNew = this.#problem === undefined;
      const { message } = error as Error;
      this.#problem = message;
      if (isNew) this.#reports.onFailed(message);
      throw error;
    }
  }

  #use(answers: readonly DnsAnswer[]): void {
    this.#lastGood = answers;
    this.#endpoints = answers.map((answer) => this.configured.endpointAt(answer));
    this.#reports.onChanged();
  }
}
