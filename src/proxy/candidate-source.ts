import type { IncomingMessage } from 'node:http';
import type { Candidate } from '../endpoints/candidate.ts';
import { isEndpoint } from '../endpoints/dns/configured-name.ts';
import { Discovery } from '../endpoints/dns/discovery.ts';
import type { DnsEvents } from '../endpoints/dns/dns-events.ts';
import type { DnsSnapshot } from '../endpoints/dns/dns-snapshot.ts';
import type { ConfiguredEndpoint } from '../endpoints/place/configured-endpoint.ts';
import { EndpointSource } from '../endpoints/place/endpoint-source.ts';
import type { EndpointPool } from '../endpoints/pool.ts';
import type { Events } from '../events/proxy-events.ts';
import type { Config } from '../options/config.ts';
import { listParser } from '../options/endpoints.ts';
import { untilAborted } from '../support/until-aborted.ts';

type List = readonly ConfiguredEndpoint[];

interface CandidateSourceSettings {
  /** The state of the endpoints. */
  readonly pool: EndpointPool;
  /** Takes the reports on what DNS says. */
  readonly events: Events;
}

/** The endpoints that a request may try, each with its state: those of a fixed list, of names that DNS knows, or of a user's function. */
export class CandidateSource {
  readonly #pool: EndpointPool;
  readonly #events: Events;
  readonly #find: (req: IncomingMessage) => List | Promise<List>;
  readonly #discovery: Discovery | undefined;
  readonly #fixed: readonly Candidate[] | undefined;
  /** The list that was given last, and its candidates: where nothing changes it is given for thousands of requests a second. */
  #last: { readonly list: List; readonly candidates: readonly Candidate[] } | undefined;

  constructor(config: Config, { pool, events }: CandidateSourceSettings) {
    const { endpoints } = config;
    this.#pool = pool;
    this.#events = events;
    if (typeof endpoints === 'function') {
      const source = new EndpointSource(endpoints, listParser(config));
      this.#find = (req) => source.for(req);
      return;
    }
    if (endpoints.every(isEndpoint)) {
      this.#find = () => endpoints;
      this.#fixed = this.#candidatesAt(endpoints);
      return;
    }
    const discovery = new Discovery(endpoints, (event) => this.#report(event));
    this.#discovery = discovery;
    this.#find = () => discovery.current();
    this.#candidatesAt(discovery.known);
  }

  /**
   * The candidates for one request, at once where nobody has to be asked.
   * @throws BalancingProxyError `ERR_BRP_ENDPOINTS` or `ERR_BRP_NO_ENDPOINT`, as a rejection, when there is no list; the signal's reason
   * when it fires first.
   */
  for(req: IncomingMessage, signal: AbortSignal): readonly Candidate[] | Promise<readonly Candidate[]> {
    if (this.#fixed) return this.#fixed;
    const list = this.#find(req);
    if (!(list instanceof Promise)) return this.#candidatesAt(list);
    return untilAborted(list, signal).then((found) => this.#candidatesAt(found));
  }

  /** The names that DNS is asked for, with what it says. */
  get names(): readonly DnsSnapshot[] {
    return this.#discovery?.snapshots() ?? [];
  }

  /** Asks DNS for all names without a fresh answer; see {@link Discovery.discover}. */
  async discover(before: readonly DnsSnapshot[]): Promise<void> {
    await this.#discovery?.discover(before);
  }

  #candidatesAt(list: List): readonly Candidate[] {
    if (this.#last?.list === list) return this.#last.candidates;
    const candidates = this.#pool.candidatesAt(list);
    this.#last = { list, candidates };
    return candidates;
  }

  #report(event: DnsEvents): void {
    // Whoever hears of new endpoints can drain them, before the first request comes to them.
    if (event.type === 'endpoints-changed' && this.#discovery) this.#candidatesAt(this.#discovery.known);
    if (this.#events.isHeard(event.type)) this.#events.emit(event);
  }
}
