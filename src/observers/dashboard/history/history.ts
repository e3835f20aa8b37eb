import { isOthersDoing } from '../../../errors.ts';
import type { AttemptReport, ProxyEvent, RequestEnded } from '../../../events/events.ts';
import { round } from '../../../support/round.ts';
import { ClientLatency } from './client-latency.ts';
import { addSlot, addTo, countAttempt, countsOf, noCounts, type SlotCounts } from './counts.ts';
import { EndpointCounter } from './endpoint-counter.ts';
import type { ClientsRow, EndpointRow } from './frame.ts';
import type { HistoryRecord } from './history-record.ts';
import { RaceMemory } from './race-memory.ts';
import { failureRatioOf, ratio, shares, total } from './ratios.ts';
import { RecentSlots, secondsOf } from './recent-slots.ts';
import { shownLatency } from './shown-latency.ts';

/** The number of slots over which a rate is taken, ten seconds. */
const rateSlots = 5;

/** Figures of one endpoint over the last minute. */
type EndpointFigures = Pick<
  EndpointRow,
  'attemptsPerSecond' | 'activity' | 'winRatio' | 'successRatio' | 'ejections' | 'breaks'
>;

/** Counts what events tell. It needs no timer, and no more memory with more requests. */
export class History {
  /** The last races. */
  readonly races = new RaceMemory();
  readonly #slots = new RecentSlots<SlotCounts>(noCounts);
  readonly #latency = new ClientLatency();
  readonly #ejections = new EndpointCounter();
  readonly #breaks = new EndpointCounter();
  readonly #totals = { requests: 0, failures: 0, resumes: 0 };
  #startedAtMs = performance.now();
  #lastStrategy: RequestEnded['strategy'];
  #hasHedged = false;
  /** Since when events tell of the end of each attempt, too, by `performance.now()`. */
  #attemptsToldFromMs = Infinity;

  /** Counts an event; to be subscribed. */
  readonly observe = (event: ProxyEvent): void => {
    if (event.type === 'request-ended') this.#requestEnded(event);
    if (event.type === 'attempt-ended') this.#attemptEnded(event.report);
    if (event.type === 'endpoint-ejected') this.#ejections.add(event.endpoint);
  };

  /** Takes note that from now on events tell of the end of each attempt at once, or that they do no longer. */
  tellAttempts(areTold: boolean): void {
    this.#attemptsToldFromMs = areTold ? performance.now() : Infinity;
  }

  /** The figures of all requests at this moment. */
  clientFigures(): ClientsRow {
    const slots = this.#slots.last();
    const activity = slots.map((slot) => slot?.requests ?? 0);
    const strategies = this.#strategiesIn(slots);
    return {
      perSecond: this.#rateOf(activity),
      activity,
      successRatio: ratio(total(slots, 'successes'), total(slots, 'judged')),
      loadMultiplier: ratio(total(slots, 'attempts'), total(slots, 'requests')),
      latencyMs: shownLatency(this.#latency.summary),
      latencyCount: this.#latency.count,
      strategies: shares(strategies),
      hedgedRatio: this.#hasHedged ? ratio(total(slots, 'hedged'), strategies.get('hedge') ?? 0) : null,
      hasHedged: this.#hasHedged,
      totals: { ...this.#totals },
    };
  }

  /** The figures of an endpoint at this moment. */
  endpointFigures(name: string): EndpointFigures {
    const slots = this.#slots.last();
    const own = slots.map((slot) => slot?.endpoints.get(name));
    const activity = own.map((counts) => counts?.attempts ?? 0);
    const failureRatio = failureRatioOf(own);
    return {
      attemptsPerSecond: this.#rateOf(activity),
      activity,
      winRatio: ratio(total(own, 'wins'), total(slots, 'wins')),
      successRatio: failureRatio === null ? null : round(1 - failureRatio, 4),
      ejections: this.#ejections.of(name),
      breaks: this.#breaks.of(name),
    };
  }

  /** Forgets the ejections and breaks of endpoints that are no more. */
  keepOnly(names: ReadonlySet<string>): void {
    for (const counter of [this.#ejections, this.#breaks]) counter.keepOnly(names);
  }

  /** All that was counted, for a history in another process. */
  get record(): HistoryRecord {
    return {
      ageMs: performance.now() - this.#startedAtMs,
      slots: this.#slots.last(),
      latency: this.#latency.counts,
      races: this.races.latest,
      ejections: this.#ejections.counts,
      breaks: this.#breaks.counts,
      totals: this.#totals,
      lastStrategy: this.#lastStrategy,
      hasHedged: this.#hasHedged,
    };
  }

  /** Adds what others have counted. */
  add(record: HistoryRecord): void {
    this.#startedAtMs = Math.min(this.#startedAtMs, performance.now() - record.ageMs);
    for (const [index, counts] of record.slots.entries()) {
      if (counts) addSlot(this.#slots.before(record.slots.length - 1 - index), counts);
    }
    this.#latency.add(record.latency);
    this.races.addLatest(record.races);
    this.#ejections.addAll(record.ejections);
    this.#breaks.addAll(record.breaks);
    for (const name of ['requests', 'failures', 'resumes'] as const) this.#totals[name] += record.totals[name];
    this.#lastStrategy ??= record.lastStrategy;
    this.#hasHedged ||= record.hasHedged;
  }

  #requestEnded(ended: RequestEnded): void {
    const counts = this.#slots.current;
    const startedAtMs = performance.now() - ended.durationMs;
    counts.requests++;
    counts.attempts += ended.attempts.length;
    this.#totals.requests++;
    this.#totals.resumes += ended.resumes;
    this.#judge(ended, counts);
    this.#countStrategy(ended, counts);
    for (const report of ended.attempts) {
      const { endpoint, outcome, startedAfterMs, durationMs, brokeOff } = report;
      const wasTold = startedAtMs + startedAfterMs + durationMs >= this.#attemptsToldFromMs;
      if (!wasTold) countAttempt(counts, report);
      if (brokeOff) {
        countsOf(counts, endpoint).failures++;
        this.#breaks.add(endpoint);
      }
      if (outcome === 'won') this.#latency.record(startedAfterMs + durationMs);
    }
    this.races.add(ended);
  }

  #judge(ended: RequestEnded, counts: SlotCounts): void {
    if (isOthersDoing(ended.error)) return;
    counts.judged++;
    if ((ended.winner !== undefined || ended.attempts.length === 0) && !ended.error) counts.successes++;
    else this.#totals.failures++;
  }

  #countStrategy({ strategy, attempts }: RequestEnded, counts: SlotCounts): void {
    if (strategy === undefined) return;
    this.#lastStrategy = strategy;
    addTo(counts.strategies, strategy);
    if (strategy !== 'hedge') return;
    this.#hasHedged = true;
    if (attempts.some(({ reason }) => reason === 'hedge')) counts.hedged++;
  }

  #attemptEnded(report: AttemptReport): void {
    countAttempt(this.#slots.current, report);
  }

  /** The strategies of the last minute; after a minute without a request, that of the last one. */
  #strategiesIn(slots: ReadonlyArray<SlotCounts | undefined>): SlotCounts['strategies'] {
    const all: SlotCounts['strategies'] = new Map();
    for (const slot of slots) for (const [strategy, count] of slot?.strategies ?? []) addTo(all, strategy, count);
    if (all.size === 0 && this.#lastStrategy) all.set(this.#lastStrategy, 0);
    return all;
  }

  /** Counts per second, over the last slots or since the first one if that is less. */
  #rateOf(counts: readonly number[]): number {
    const countedSeconds = (performance.now() - this.#startedAtMs) / 1_000;
    // A rate of the first instant would be a guess.
    const seconds = Math.max(1, Math.min(countedSeconds, secondsOf(rateSlots)));
    const count = counts.slice(-rateSlots).reduce((sum, one) => sum + one, 0);
    return round(count / seconds, 2);
  }
}
