import { isClientsDoing } from '../../errors.ts';
import type { AttemptReport } from '../../events/attempt-report.ts';
import type { ProxyEvent, RequestEnded } from '../../events/events.ts';
import { EndpointLabels } from './endpoint-labels.ts';
import type { Instruments } from './instruments.ts';

/** How a request ended; README says what each one means. */
type RequestOutcome = 'served' | 'unusable' | 'broken-off' | 'client-gone' | 'ended-by-app' | 'error';

/**
 * Counts what proxies report. A request takes 2 µs here, a race of four 5 µs, most of it in prom-client, which makes a key
 * of the labels each time; so do its children (`labels()`), which were no faster.
 */
export class Recorder {
  readonly labels: EndpointLabels;
  readonly #instruments: Instruments;

  constructor(instruments: Instruments) {
    const { wins, wastedAttempts, wastedBytes, wastedSeconds, ejections } = instruments;
    this.#instruments = instruments;
    // What appears only with its first increment hides that from `rate()` and `increase()`.
    this.labels = new EndpointLabels((label) => {
      for (const counter of [wins, wastedAttempts, wastedBytes, wastedSeconds, ejections]) counter.inc(label, 0);
    });
  }

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
    // How soon an error comes, or our patience ends, says nothing about how long a response takes.
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
    // A connection that has left HTTP lasts for as long as anybody likes.
    if (status !== 101) requestDuration.observe({ outcome }, durationMs / 1_000);
    if (strategy === 'hedge') this.#countHedges(attempts);
    for (const attempt of attempts) if (attempt.endpoint !== ended.servedBy) this.#countWaste(attempt);
  }

  /** In a race the delay starts attempts, too, of 0 ms; no budget limits those. */
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
  // A response that was chosen, but broke before its head was sent, leaves the client with an error like any other.
  if (error) return servedBy !== undefined && status !== undefined ? 'broken-off' : 'error';
  // What was answered without any endpoint, as `Max-Forwards: 0` wants, is as good as it can be.
  return winner === undefined && attempts.length > 0 ? 'unusable' : 'served';
}

function statusClassOf({ finalStatus }: RequestEnded): string {
  return finalStatus === undefined ? 'none' : `${Math.floor(finalStatus / 100)}xx`;
}
