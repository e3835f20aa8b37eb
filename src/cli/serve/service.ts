import type { AddressInfo } from 'node:net';
import type { ManagedProxy } from '../../index.ts';
import type { Configuration } from '../config/configuration.ts';
import type { MetricsReader } from './metrics.ts';

/** What serves the clients: this process, or its workers. */
export interface Service {
  /** Resolves when it has begun. It may never do so: it may have failed, or be told to stop before. */
  readonly ready: Promise<void>;
  /** Where it listens, once it is {@link ready}. */
  readonly bound: AddressInfo;
  /** Whether somebody is there to answer requests. */
  readonly isReady: boolean;
  /** Everything that serves, seen as one proxy, reloads and workers notwithstanding. */
  readonly source: ManagedProxy;
  /** Brings what `source` shows up to date, as far as it is not anyway. */
  refresh(): Promise<void>;
  /** What was counted for Prometheus since the start; nothing without an admin port or without prom-client. */
  readonly metrics: MetricsReader;
  /** Rejects with a CommandError when it cannot go on. It never resolves. */
  readonly failed: Promise<never>;
  /** Serves with another configuration from now on; requests under way are finished with the old one. */
  reload(configuration: Configuration): Promise<void>;
  /** Goes on serving, but tells every client with its next response to connect anew, which a load balancer sends elsewhere. */
  leave(): void;
  /** Accepts no more connections; resolves when nobody can connect any more. */
  refuse(): Promise<void>;
  /** Comes after {@link refuse}: resolves when the last response has been sent, with whether all were sent whole. */
  finish(): Promise<boolean>;
}
