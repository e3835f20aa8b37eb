import type { DnsSnapshot } from '../endpoints/dns/dns-snapshot.ts';
import type { EndpointSnapshot } from '../endpoints/state/snapshot.ts';
import type { Observer, ProxyEvent } from './events.ts';

/** A proxy as observers see it. A command with several worker processes is one, too. */
export interface ObservedProxy {
  /** The state of every endpoint at this moment. */
  readonly endpoints: readonly EndpointSnapshot[];
  /** The names among the option `endpoints` that DNS is asked for, with what it says at this moment. @default none */
  readonly names?: readonly DnsSnapshot[];
  /**
   * Reports events to an observer, who may throw without harm to anybody.
   * @param types the types of those that are of interest: events that nobody wants to hear are not even made. @default all
   * @returns the function that ends it.
   */
  subscribe(observer: Observer, types?: ReadonlyArray<ProxyEvent['type']>): () => void;
}

/** A proxy as operators see it: endpoints can be left out and taken back. */
export interface ManagedProxy extends ObservedProxy {
  /** How often the hedge budget was used up when the hedge delay was over. */
  readonly hedgesDenied: number;
  /**
   * Leaves the endpoint of this name out from now on, even if no other is left: requests are answered with 503 when every
   * endpoint is drained. Requests under way are finished.
   * @returns whether there is an endpoint of this name.
   */
  drain(endpoint: string): boolean;
  /**
   * Takes a drained endpoint back, and an ejected one without waiting for its trial.
   * @returns whether there is an endpoint of this name.
   */
  restore(endpoint: string): boolean;
}
