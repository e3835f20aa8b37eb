import type { DnsAnswer, DnsRecord } from './dns.ts';

/** A name among the option `endpoints` at one moment, for people and for a proxy that takes over. Plain data. */
export interface DnsSnapshot {
  /** The URL of the name without credentials and query; where several items of the list are alike, with `#2` and so on. */
  readonly dns: string;
  /** The place of the item in the list, from 0. */
  readonly index: number;
  /** The records that are asked for. */
  readonly record: DnsRecord;
  /** Age at which an answer is stale, in milliseconds or Infinity. */
  readonly refreshMs: number;
  /** The last good answer; undefined as long as there was none. */
  readonly answers: readonly DnsAnswer[] | undefined;
  /** The names of the endpoints that the name stands for. */
  readonly endpoints: readonly string[];
  /** Why DNS was asked in vain the last time; undefined when it gave an answer, or none has been waited for yet. */
  readonly problem: string | undefined;
}
