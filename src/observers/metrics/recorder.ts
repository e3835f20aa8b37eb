import { ejectionCauses } from '../../endpoints/state/snapshot.ts';
import { isSuccess } from '../../errors.ts';
import type { AttemptReport, EndpointEjected, ProxyEvent, RequestEnded } from '../../events/events.ts';
import { EndpointLabels } from './endpoint-labels.ts';
import type { Instruments } from './instruments.ts';
import { removeSeriesOf } from './series-of-endpoints.ts';

/** Whether a body that broke off was gone on with; docs/metrics.md says what each one means. */
type BreakOutcome = 'resumed' | 'failed';

const breakOutcomes: readonly BreakOutcome[] = ['resumed', 'failed'];

/**
 * Counts what proxies report. A request takes 2 µs, a race of four 5 µs, most of it within prom-client, which makes a key of the labels
 * for each count. Its children (`labels()`) do the same, and were no faster.
 */
export class Recorder {
  /** The labels of the endpoints that were seen. */
  readonly labels: EndpointLabels;
  readonly #instruments: Instruments;

  constructor(instruments: Instruments) {
    const { wins, wastedAttempts, wastedBytes, wastedSeconds, ejections, resumes } = instruments;
    this.#instruments = instruments;
    // A series that appears with its first increment hides that increment from `rate()` and `increase()`: each one begins at 0.
    for (const outcome of breakOutcomes) resumes.inc({ outcome }, 0);
    this.labels = new EndpointLabels((label) => {
      for (const counter of [wins, wastedAttempts, wastedBytes, wastedSeconds]) counter.inc(label, 0);
      for (const cause of ejectionCauses) ejections.inc({ ...label, cause }, 0);
    });
  }

  /**
   * Gives endpoints that are there labels of their own in place of some that are long gone, whose series are removed.
   * @param there the names of all endpoints that are there.
   */
  makeRoomFor(there: readonly string[]): Promise<void> {
    return removeSeriesOf(this.labels.makeRoomFor(there, performance.now()), this.#instruments);
  }

  /** Counts an event. */
  record(event: ProxyEvent): void {
    const { hedgesDenied, requestHead } = this.#instruments;
    if (event.type === 'attempt-ended') this.#attemptEnded(event.report);
    if (event.type === 'hedge-denied') hedgesDenied.inc();
    if (event.type === 'response-started') requestHead.observe(event.afterMs / 1_000);
    if (event.type === 'request-ended') this.#requestEnded(event);
    if (event.type === 'endpoint-ejected') this.#ejected(event);
  }

  #ejected({ endpoint: name, cause }: EndpointEjected): void {
    const { endpoint } = this.labels.of(name);
    this.#instruments.ejections.inc({ endpoint, cause });
  }

  #attemptEnded({ endpoint: name, reason, outcome, error, durationMs }: AttemptReport): void {
    const { attempts, attemptErrors, attemptDuration, wins } = this.#instruments;
    const label = this.labels.of(name);
    const { endpoint } = label;
    attempts.inc({ endpoint, reason, outcome });
    if (error) attemptErrors.inc({ endpoint, code: error.code });
    if (outcome === 'won') wins.inc(label);
    // The time to an error, or to the end of our patience, says nothing about how long a response takes.
    if (isSuccess(outcome)) attemptDuration.observe(label, durationMs / 1_000);
  }

  #requestEnded(ended: RequestEnded): void {
    const { requests, errors, streamed, responseBytes, requestDuration } = this.#instruments;
    const { strategy = 'none', outcome, status, error, isBodyStreamed, bytes, durationMs, attempts } = ended;
    requests.inc({ strategy, outcome, status: statusClassOf(ended) });
    if (error && outcome !== 'passed-on') errors.inc({ code: error.code });
    if (isBodyStreamed) streamed.inc();
    if (!error) responseBytes.inc(bytes);
    // A connection that has left HTTP lasts as long as anybody likes.
    if (status !== 101) requestDuration.observe({ outcome }, durationMs / 1_000);
    if (strategy === 'hedge') this.#countHedges(attempts);
    for (const attempt of attempts) if (!wasGiven(attempt, ended)) this.#countWaste(attempt);
    this.#countBreaks(ended);
  }

  /** Counts breaks by whether they were mended. One at which the client, or the app, gave up is neither. */
  #countBreaks({ attempts, resumes, outcome }: RequestEnded): void {
    const { resumes: breaks, attemptErrors } = this.#instruments;
    const broken = attempts.filter(({ brokeOff }) => brokeOff);
    if (broken.length === 0) return;
    for (const { endpoint: name, error: why } of broken) {
      const { endpoint } = this.labels.of(name);
      if (why) attemptErrors.inc({ endpoint, code: why.code });
    }
    breaks.inc({ outcome: 'resumed' }, resumes);
    if (broken.length > resumes && outcome === 'broken-off') breaks.inc({ outcome: 'failed' });
  }

  /** Counts the attempts that the budget allowed: with a hedge delay of 0 ms those of the reason `race`, too. */
  #countHedges(attempts: readonly AttemptReport[]): void {
    const { hedgesStarted, hedgesWon } = this.#instruments;
    for (const { reason, outcome } of attempts) {
      if (reason !== 'hedge' && reason !== 'race') continue;
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

/** Whether the client was given something of an attempt's response. A spare has not won. */
function wasGiven({ outcome, endpoint }: AttemptReport, { winner, servedBy }: RequestEnded): boolean {
  return outcome === 'won' || outcome === 'resumed' || (winner === undefined && endpoint === servedBy);
}

function statusClassOf({ finalStatus }: RequestEnded): string {
  return finalStatus === undefined ? 'none' : `${Math.floor(finalStatus / 100)}xx`;
}
