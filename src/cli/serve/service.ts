import type { ManagedProxy } from '../../index.ts';
import type { Chronicle } from '../../observers/dashboard/chronicle.ts';
import type { Configuration } from '../config/configuration.ts';
import type { BoundAddress } from '../flags/kinds/address.ts';

/** The service to clients, by this process or by its workers. */
export interface Service {
  /** Resolves when the service has begun; never, when it fails or is told to stop before. */
  readonly ready: Promise<void>;
  /** The address that the service has, once it is {@link ready}. */
  readonly bound: BoundAddress;
  /** The number of processes that serve at this moment. */
  readonly processes: number;
  /** How many workers were replaced since the start, by why. */
  readonly restarts: Readonly<Record<'ended' | 'hung', number>>;
  /** Whether somebody is there to answer requests. */
  readonly isReady: boolean;
  /** Whether somebody serves who does not hang, as far as is known. */
  readonly isAnswering: boolean;
  /** Everything that serves, seen as one proxy, reloads and workers notwithstanding. */
  readonly source: ManagedProxy;
  /** Makes what the dashboard learns the past from. */
  chronicle(): Chronicle;
  /** Brings `source` up to date, where it is not so at every moment. */
  refresh(): Promise<void>;
  /**
   * Gives the counts of each process since the start, as `getMetricsAsJSON()` of prom-client writes them; none without an admin port
   * or without prom-client.
   */
  readonly metrics: () => Promise<readonly object[]>;
  /** Never resolves, and rejects with a CommandError when the service cannot go on. */
  readonly failed: Promise<never>;
  /** Serves with another configuration from now on; requests under way are finished with the old one. */
  reload(configuration: Configuration): Promise<void>;
  /** Goes on serving, but tells every client with its next response to connect anew: a load balancer then sends it elsewhere. */
  leave(): void;
  /** Accepts no more connections; resolves when nobody can connect any more. */
  refuse(): Promise<void>;
  /** Comes after {@link refuse}: resolves when the last response has been sent, with whether all were sent whole. */
  finish(): Promise<boolean>;
  /** Cuts the requests for which {@link finish} still waits. Resolves when each has its line in the log. */
  cut(): Promise<void>;
}
