/**
 * The share of responses that is slow enough for a hedge, where the hedge delay is `'auto'`. Four fifths of the budget are for the first
 * hedges of requests, so that the budget has room for further ones, and when it matters. If times came as they were learned, the
 * percentile that leaves as many above it would spend that. They do not: all endpoints become slower at once, races fill the
 * windows with the fastest response of several, and a slow request is slow everywhere. So the share is corrected by the hedges
 * that were really asked for, those included that the budget denied.
 */

/** The part of the budget that is for the first hedges of requests. */
const firstRatio = 0.8;

/** The part of the budget that is for all hedges, where requests are slow everywhere, so that each has several. */
const allRatio = 0.9;

/** Above this many hedges for each request, every response is slow enough, and any figure would do. */
const mostPerRequest = 1_000;

/** The fewest hedges to go by: with fewer, each one would change the share by more than a fiftieth, and chance would steer. */
const fewestToGoBy = 50;

/** A second changes the share by about a tenth at most, so that a stop of a second, in which all are slow, is no lasting change. */
const largestStep = 0.1;

/** The correction stays between a twentieth and four and a half times: further off, it would take too long to come back. */
const correctionLimits = { lowest: -3, highest: 1.5 };

/** The correction is used in steps of 5 %, so that a percentile can be kept for some time once it was worked out. */
const stepsPerUnit = 20;

/** How much was asked of the budget in some time. */
export interface Spending {
  /** Requests that might be hedged. */
  readonly requests: number;
  /** Hedges that were asked for, whether the budget had room for them or not. */
  readonly hedges: number;
  /** Those of them whose requests had had none. */
  readonly firstHedges: number;
}

/** Steers the share of responses that is slow enough for a hedge. */
export class TailRatio {
  /** First hedges for each request. */
  readonly #aim: number;
  /** The natural logarithm of the factor that the spending calls for. */
  #correction = 0;
  #value: number;

  /** @param budgetRatio the hedges that the budget allows for each request. */
  constructor(budgetRatio: number) {
    this.#aim = Math.min(firstRatio * budgetRatio, mostPerRequest);
    this.#value = this.#corrected();
  }

  /** The share, from 0 up to 1. */
  get value(): number {
    return this.#value;
  }

  /** Corrects the share by what was asked for in the latest second. @param window the same of the last seconds, that one included. */
  correct(second: Spending, window: Spending): void {
    const tooFew = this.#aim * second.requests - costOf(second, window);
    const step = tooFew / Math.max(this.#aim * window.requests, fewestToGoBy);
    const { lowest, highest } = correctionLimits;
    this.#correction = within(this.#correction + within(step, -largestStep, largestStep), lowest, highest);
    this.#value = this.#corrected();
  }

  /** Taken as odds, so that the share stays below 1, however much is to be spent. */
  #corrected(): number {
    const odds = this.#aim * Math.exp(Math.round(this.#correction * stepsPerUnit) / stepsPerUnit);
    return odds / (1 + odds);
  }
}

/** The hedges of a second, to be compared with the aim: the first ones, or a part of all as long as these are too many. */
function costOf(second: Spending, { hedges, firstHedges }: Spending): number {
  const ofAll = firstRatio / allRatio;
  return hedges * ofAll > firstHedges ? second.hedges * ofAll : second.firstHedges;
}

function within(value: number, lowest: number, highest: number): number {
  return Math.min(Math.max(value, lowest), highest);
}
