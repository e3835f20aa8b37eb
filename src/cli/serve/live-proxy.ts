import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import type { BalancingProxy, DnsSnapshot, EndpointSnapshot, ManagedProxy, Observer, ProxyEvent } from '../../index.ts';
import { addCounts, mostGone, PastCounts, withoutGone } from './snapshots.ts';
import { type Generation, Subscriptions } from './subscriptions.ts';

/**
 * The proxy in use, which can be replaced at any moment without losing a request: new requests go to the new proxy, and the
 * old one finishes those under way. Observers, counts, request numbers and drained endpoints outlive the change.
 */
export class LiveProxy implements ManagedProxy {
  #current: Generation;
  #requestCount = 0;
  readonly #retired = new Map<Generation, Promise<void>>();
  /** The counts of closed proxies, for the endpoints that are still there. */
  readonly #past = new PastCounts();
  /** The endpoints that somebody has drained, those included that are not there now and that DNS may bring back. */
  readonly #drained = new Set<string>();
  /** The endpoints that DNS gives, and those that it has given as long as the proxy in use knows them. */
  #found: ReadonlySet<string> = new Set();
  #denied = 0;
  readonly #subscriptions: Subscriptions;

  /** @param worker the number of the worker that this process is: request numbers end in its last three digits. */
  constructor(proxy: BalancingProxy, worker?: number) {
    this.#subscriptions = new Subscriptions(worker);
    this.#current = { proxy, before: 0 };
  }

  /** Answers a request by the proxy that is in use now. */
  readonly serve = (req: IncomingMessage, res: ServerResponse): void => {
    this.#requestCount++;
    this.#current.proxy(req, res);
  };

  /** Answers a request for another protocol by the proxy that is in use now. */
  readonly upgrade = (req: IncomingMessage, socket: Duplex, head: Buffer): void => {
    this.#requestCount++;
    this.#current.proxy.upgrade(req, socket, head);
  };

  /** The endpoints that are in use now, with everything that was ever counted of them. */
  get endpoints(): readonly EndpointSnapshot[] {
    const given = new Set(this.names.flatMap(({ endpoints }) => endpoints));
    return withoutGone(this.counted, (name) => this.#found.has(name) && !given.has(name));
  }

  /** The same, with those that DNS gives no longer. */
  get counted(): readonly EndpointSnapshot[] {
    const retired = [...this.#retired.keys()].flatMap(({ proxy }) => proxy.endpoints);
    const snapshots = this.#past.addedTo(this.#current.proxy.endpoints);
    if (retired.length === 0) return snapshots;
    return snapshots.map((one) => retired.filter(({ name }) => name === one.name).reduce(addCounts, one));
  }

  /** How often a budget was used up, counted by all proxies there ever were. */
  get hedgesDenied(): number {
    return this.#generations.reduce((total, { proxy }) => total + proxy.hedgesDenied, this.#denied);
  }

  /** The names that DNS is asked for, with what it says to the proxy in use. */
  get names(): readonly DnsSnapshot[] {
    return this.#current.proxy.names;
  }

  /** Asks DNS for the endpoints of the proxy in use; see {@link BalancingProxy.discover}. */
  discover(before: readonly DnsSnapshot[]): Promise<void> {
    return this.#current.proxy.discover(before);
  }

  /** Leaves an endpoint of the proxy in use out, also of those after it. @returns whether there is such an endpoint. */
  drain(endpoint: string): boolean {
    const isThere = this.#current.proxy.drain(endpoint);
    if (isThere) this.#drained.add(endpoint);
    return isThere;
  }

  /** Does the same for an endpoint that may be unknown here: it is drained as soon as DNS brings it, by {@link onDns}. */
  drainWhenever(endpoint: string): void {
    this.#drained.add(endpoint);
    this.#current.proxy.drain(endpoint);
  }

  /** Takes note of what DNS gives, and drains the endpoints again that came back: to be called when DNS has given other ones. */
  onDns(): void {
    const { names, endpoints } = this.#current.proxy;
    const known = endpoints.map(({ name }) => name).filter((name) => this.#found.has(name));
    this.#found = new Set([...known, ...names.flatMap((name) => name.endpoints)]);
    for (const endpoint of this.#drained) this.#current.proxy.drain(endpoint);
  }

  /** Undoes {@link drain}. @returns whether there is such an endpoint. */
  restore(endpoint: string): boolean {
    const wasDrained = this.#drained.delete(endpoint);
    return this.#current.proxy.restore(endpoint) || wasDrained;
  }

  /** Tells an observer of the events of all proxies, each under a request number of its own. @returns its unsubscribe. */
  subscribe(observer: Observer, types?: ReadonlyArray<ProxyEvent['type']>): () => void {
    return this.#subscriptions.begin(observer, types, this.#generations);
  }

  /** Sends requests to another proxy from now on. The proxy before is closed when its last request has ended. */
  replace(proxy: BalancingProxy): void {
    const old = this.#current;
    for (const name of this.#drained) if (!proxy.drain(name) && proxy.names.length === 0) this.#drained.delete(name);
    this.#current = { proxy, before: this.#requestCount };
    this.#subscriptions.follow(this.#current);
    this.#forgetGone();
    const forget = (): void => this.#forget(old);
    this.#retired.set(old, old.proxy.close().then(forget, forget));
  }

  /** Refuses new requests and resolves when the last one has ended and all connections to endpoints are closed. */
  async close(): Promise<void> {
    await Promise.all([this.#current.proxy.close(), ...this.#retired.values()]);
  }

  get #generations(): readonly Generation[] {
    return [this.#current, ...this.#retired.keys()];
  }

  #forget(generation: Generation): void {
    this.#retired.delete(generation);
    this.#subscriptions.forget(generation);
    this.#denied += generation.proxy.hedgesDenied;
    this.#past.add(generation.proxy.endpoints);
    this.#forgetGone();
  }

  /** Forgets what was counted of endpoints that are there no longer, and that DNS will hardly bring back. */
  #forgetGone(): void {
    const { endpoints, names } = this.#current.proxy;
    this.#past.keepOnly(
      endpoints.map(({ name }) => name),
      names.length > 0 ? mostGone : 0,
    );
  }
}
