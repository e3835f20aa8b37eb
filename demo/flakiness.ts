import { createRandom, seedLimit } from '../shared/random.ts';
import type { FlagTable } from './flags.ts';

/** How flaky a server is, in numbers. */
export interface Flakiness {
  /** The longest delay of an answer. */
  readonly maxDelayMs: number;
  /** The share of answers with status 500, 0 to 1. */
  readonly errorRatio: number;
  /**
   * The share of answers that break off in the middle, 0 to 1.
   * @default 0
   */
  readonly breakRatio?: number;
  /**
   * The share of answers that are chunked, 0 to 1; the others have a length.
   * @default 0
   */
  readonly chunkedRatio?: number;
}

/** The numbers that were drawn for one request. */
export interface Draw {
  readonly delayMs: number;
  readonly status: 200 | 500;
  readonly isChunked: boolean;
  /** The share of the body after which the answer breaks off; undefined for one that comes whole. */
  readonly breaksAfter: number | undefined;
}

const ratioFlag = (help: string, fallback: number) => ({ help, fallback, min: 0, max: 1, mayBeFraction: true });

/** The flags that every command with flaky servers has. */
export const flakyFlags = {
  'max-delay': { help: 'longest delay of an answer in milliseconds', fallback: 1_000, min: 0, max: 600_000 },
  'error-ratio': ratioFlag('share of answers with status 500', 0.25),
  'break-ratio': ratioFlag('share of answers that break off in the middle', 0.1),
  'chunked-ratio': ratioFlag('share of answers that are chunked', 0.5),
  seed: { help: 'repeats the run that had this seed', fallback: 'random', min: 0, max: seedLimit - 1 },
} satisfies FlagTable;

/** The numbers of {@link flakyFlags}. */
export type FlakyFlags = Readonly<Record<keyof typeof flakyFlags, number>>;

/** What the flags say about a server. */
export function flakinessOf(flags: FlakyFlags): Flakiness {
  return {
    maxDelayMs: flags['max-delay'],
    errorRatio: flags['error-ratio'],
    breakRatio: flags['break-ratio'],
    chunkedRatio: flags['chunked-ratio'],
  };
}

/** Says in words how flaky a server is. */
export function describeFlakiness({ maxDelayMs, errorRatio, breakRatio = 0, chunkedRatio = 0 }: Flakiness): string {
  const percent = (ratio: number) => `${Number((ratio * 100).toFixed(2))} %`;
  const faults = `${percent(errorRatio)} status 500 and ${percent(breakRatio)} broken off in the middle`;
  return `a delay up to ${maxDelayMs} ms, ${faults}; ${percent(chunkedRatio)} of the answers are chunked`;
}

/**
 * Makes a function that draws the numbers for one request after the other.
 * @param seed the same one gives the same delays, statuses, forms and breaks again; another ratio changes nothing but its own.
 */
export function createDraw(seed: number, flakiness: Flakiness): () => Draw {
  const { maxDelayMs, errorRatio, breakRatio = 0, chunkedRatio = 0 } = flakiness;
  const random = createRandom(seed);
  return () => {
    const delayMs = Math.round(random() * maxDelayMs);
    const status = random() < errorRatio ? 500 : 200;
    const isChunked = random() < chunkedRatio;
    const isBroken = random() < breakRatio;
    const place = random();
    return { delayMs, status, isChunked, breaksAfter: isBroken ? place : undefined };
  };
}
