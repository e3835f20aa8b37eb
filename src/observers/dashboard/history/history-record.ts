import type { ProxyEvent, RequestEnded } from '../../../events/events.ts';
import type { SlotCounts } from './counts.ts';
import type { ClientsRow, RaceRow } from './frame.ts';
import type { StepCount } from './latency-histogram.ts';

/** The types of the events of which a history has to be told all the time. */
export const toldAlways = ['request-ended', 'endpoint-ejected'] as const satisfies ReadonlyArray<ProxyEvent['type']>;

/** The types of the events of which a history is told besides while somebody watches. */
export const toldToViewers = ['attempt-ended'] as const satisfies ReadonlyArray<ProxyEvent['type']>;

/** All of these types, of which workers tell while somebody watches. */
export const toldWhileWatched = [...toldAlways, ...toldToViewers] as const;

/** All that a history has counted, as another process can take it. */
export interface HistoryRecord {
  /** Milliseconds for which it has counted. */
  readonly ageMs: number;
  /** The counts of the last minute, the current slot last. */
  readonly slots: ReadonlyArray<SlotCounts | undefined>;
  /** How long clients waited. */
  readonly latency: readonly StepCount[];
  /** The last races, oldest first. */
  readonly races: readonly RaceRow[];
  /** Ejections by the name of the endpoint. */
  readonly ejections: ReadonlyMap<string, number>;
  /** Bodies that broke off while a client was being given them, by the name of the endpoint. */
  readonly breaks: ReadonlyMap<string, number>;
  /** Counts since it began. */
  readonly totals: ClientsRow['totals'];
  /** The strategy of the last request that had one. */
  readonly lastStrategy: RequestEnded['strategy'];
  /** Whether a request had the strategy `hedge`. */
  readonly hasHedged: boolean;
}
