import { round } from '../../../support/round.ts';
import type { EndpointCounts, SlotCounts } from './counts.ts';
import type { StrategyShare } from './frame.ts';

/** The sum of one kind of counts in several slots; undefined where nothing was counted. */
export function total<Key extends string>(
  slots: ReadonlyArray<Readonly<Record<Key, number>> | undefined>,
  key: Key,
): number {
  return slots.reduce((sum, slot) => sum + (slot?.[key] ?? 0), 0);
}

/** The share of failures among the attempts that were not cancelled. A body may break off long after its attempt has left the slots. */
export function failureRatioOf(slots: ReadonlyArray<EndpointCounts | undefined>): number | null {
  const judged = total(slots, 'attempts') - total(slots, 'cancelled');
  return ratio(Math.min(total(slots, 'failures'), judged), judged);
}

/** The share of each strategy, the most frequent first. */
export function shares(strategies: SlotCounts['strategies']): readonly StrategyShare[] {
  const sum = [...strategies.values()].reduce((all, count) => all + count, 0);
  const sorted = [...strategies].sort(([, one], [, other]) => other - one);
  return sorted.map(([strategy, count]) => ({ strategy, ratio: ratio(count, sum) ?? 1 }));
}

/** A part as a share of the whole, which may be nothing. */
export function ratio(part: number, whole: number): number | null {
  return whole === 0 ? null : round(part / whole, 4);
}
