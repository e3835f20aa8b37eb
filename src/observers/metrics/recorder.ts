import { isClientsDoing } from '../../errors.ts';
import type { AttemptReport, ProxyEvent, RequestEnded } from '../../events/events.ts';
import { EndpointLabels } from './endpoint-labels.ts';
import type { Instruments } from './instruments.ts';

/** How a request ended; README says what each one means. */
type RequestOutcome = 'served' | 'unusable' | 'broken-off' | 'client-gone' | 'ended-by-app' | 'error';

/**
 * Counts what proxies report. A request takes 2 µs, a race of four 5 µs, most of it within prom-client, which makes a key of the labels
 * for each count. Its children (`labels()`) do the same, and were no faster.
 */
export class Recorder {
  /** The labels of the endpoints that were seen. */
  readonly labels: EndpointLabels;
  readonly #instruments: Instruments;

  constructor(instruments: Instruments) {
    const { wins, wastedAttempts, wastedBytes, wastedSeconds, ejections } = instruments;
    this.#instruments = instruments;
    // A series that appears with its first increment hides that increment from `rate()` and `increase()`: each one begins at 0.
    this.labels = new EndpointLabels((label) => {
      for (const counter of [wins, wastedAttempts, wastedBytes, wastedSeconds, ejections]) counter.inc(label, 0);
    });
  }

  /** Counts an event. */
  record(event: ProxyEvent): void {
    const { hedgesDenied, requestHead, ejections } = this.#instruments;
    if (event.type === 'attempt-ended') this.#attemptEnded(event.report);
    if (event.type === 'hedge-denied') hedgesDenied.inc();
    if (event.type === 'response-started') requestHead.observe(event.afterMs / 1_000);
    if (event.type === 'request-ended') this.#requestEnded(event);
    if (event.type === 'endpoint-ejected') ejections.inc(this.labels.of(event.endpoint));
  }

  #attemptEnded({ endpoint: name, reason, outcome, error, durationMs }: AttemptReport): void {
    const { attempts, attemptErrors, attemptDuration, wins } = this.#instruments;
    const label = this.labels.of(name);
    const { endpoint } = label;
    attempts.inc({ endpoint, reason, outcome });
    if (error) attemptErrors.inc({ endpoint, code: error.code });
    if (outcome === 'won') wins.inc(label);
    // The time to an error, or to the end of our patience, says nothing about how long a response takes.
    if (outcome === 'won' || outcome === 'lost') attemptDuration.observe(label, durationMs / 1_000);
  }

  #requestEnded(ended: RequestEnded): void {
    const { requests, errors, streamed, responseBytes, requestDuration } = this.#instruments;
    const { strategy = 'none', status, error, isBodyStreamed, bytes, durationMs, attempts } = ended;
    const outcome = requestOutcome(ended);
    requests.inc({ strategy, outcome, status: statusClassOf(ended) });
    if (error) errors.inc({ code: error.code });
    if (isBodyStreamed) streamed.inc();
    responseBytes.inc(bytes);
    // A connection that has left HTTP lasts as long as anybody likes.
    if (status !== 101) requestDuration.observe({ outcome }, durationMs / 1_000);
    if (strategy === 'hedge') this.#countHedges(attempts);
    for (const attempt of attempts) if (attempt.endpoint !== ended.servedBy) this.#countWaste(attempt);
  }

  /** Counts hedges of the strategy `hedge` only: a race's delay of 0 ms starts attempts, too, but no budget limits those. */
  #countHedges(attempts: readonly AttemptReport[]): void {
    const { hedgesStarted, hedgesWon } = this.#instruments;
    for (const { reason, outcome } of attempts) {
      if (reason !== 'delay') continue;
      hedgesStarted.inc();
      if (outcome === 'won') hedgesWon.inc();
    }
  }

  #countWaste({ endpoint, discardedBytes, durationMs }: AttemptReport): void {
    const { wastedAttempts, wastedBytes, wastedSeconds } = this.#instruments;
    const label = this.labels.of(endpoint);
    wastedAttempts.inc(label);
    wastedBytes.inc(label, discardedBytes);
    wastedSeconds.inc(label, durationMs / 1_000);
  }
}

function requestOutcome({ winner, servedBy, status, error, attempts }: RequestEnded): RequestOutcome {
  if (isClientsDoing(error)) return 'client-gone';
  if (error?.code === 'ERR_BRP_ENDED_BY_APP') return 'ended-by-app';
  // When the chosen response breaks before its head is sent, the client gets an error like any other.
  if (error) return servedBy !== undefined && status !== undefined ? 'broken-off' : 'error';
  // A request that was answered without any endpoint, as `Max-Forwards: 0` wants, is served.
  return winner === undefined && attempts.length > 0 ? 'unusable' : 'served';
}

function statusClassOf({ finalStatus }: RequestEnded): string {
  return finalStatus === undefined ? 'none' : `${Math.floor(finalStatus / 100)}xx`;
}
