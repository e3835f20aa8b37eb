import type { EndpointSnapshot } from '../endpoints/snapshot.ts';
import type { Observer } from './events.ts';

/** A proxy as observers see it; a command with several worker processes is one, too. */
export interface ObservedProxy {
  /** The state of every endpoint at this moment. */
  readonly endpoints: readonly EndpointSnapshot[];
  /**
   * Reports what happens to every request; an observer that throws harms nobody.
   * @returns its unsubscribe.
   */
  subscribe(observer: Observer): () => void;
}

/** A proxy as operators see it, who may also leave endpoints out and take them back. */
export interface ManagedProxy extends ObservedProxy {
  /** How often the hedge budget was used up when the hedge delay was over. */
  readonly hedgesDenied: number;
  /**
   * Leaves the endpoint of this name out from now on, whatever it would mean for the clients; requests under way at it
   * are finished. When every endpoint is drained, requests are answered with 503.
   * @returns whether there is an endpoint of this name.
   */
  drain(endpoint: string): boolean;
  /**
   * Takes a drained endpoint back; an ejected one, too, without waiting for its trial.
   * @returns whether there is an endpoint of this name.
   */
  restore(endpoint: string): boolean;
}
