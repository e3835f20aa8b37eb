import type { Instruments } from './instruments.ts';

/** The labels of one series. */
type Labels<Label extends string> = Partial<Record<Label, string | number>>;

/** A counter as far as its series can be told and removed. */
interface Counts<Label extends string> {
  get(): Promise<{ readonly values: ReadonlyArray<{ readonly labels: Labels<Label> }> }>;
  remove(labels: Labels<Label>): void;
}

/**
 * Removes all that was counted of endpoints. Gauges have series only of endpoints that are there.
 * @param names the label `endpoint` of the series.
 */
export async function removeSeriesOf(names: ReadonlySet<string>, instruments: Instruments): Promise<void> {
  if (names.size === 0) return;
  const { attempts, attemptErrors, attemptDuration, wins, ejections } = instruments;
  const { wastedAttempts, wastedBytes, wastedSeconds } = instruments;
  for (const endpoint of names)
    for (const one of [wins, wastedAttempts, wastedBytes, wastedSeconds, attemptDuration]) one.remove({ endpoint });
  await removeFrom(attempts, names, ['reason', 'outcome']);
  await removeFrom(attemptErrors, names, ['code']);
  await removeFrom(ejections, names, ['cause']);
}

/** @param others the labels of the counter besides `endpoint`: prom-client gives those that the registry adds, too, and refuses them here. */
async function removeFrom<Label extends string>(
  counter: Counts<Label | 'endpoint'>,
  names: ReadonlySet<string>,
  others: readonly Label[],
): Promise<void> {
  const { values } = await counter.get();
  for (const { labels } of values) {
    if (!names.has(String(labels.endpoint))) continue;
    const own = ['endpoint' as const, ...others].map((name) => [name, labels[name]]);
    counter.remove(Object.fromEntries(own) as Labels<Label | 'endpoint'>);
  }
}
