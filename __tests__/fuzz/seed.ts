import { createHash, randomInt } from 'node:crypto';
import fc, { type Parameters } from 'fast-check';
import { isThorough, rounds } from '../helpers/thorough.ts';

/** What all random choices of this run follow from: FUZZ_SEED, or a new one each time. */
export const seed = Number(process.env.FUZZ_SEED ?? randomInt(2 ** 31));

/** For the titles of tests, so that the log of a failure says how to repeat it. */
export const seedTitle = `FUZZ_SEED=${seed}`;

/**
 * A number from 0 up to 1 that follows from the seed and these words alone: what goes wrong with a request does not
 * depend on which one is served first.
 */
export function chance(...words: ReadonlyArray<string | number>): number {
  const digest = createHash('sha1')
    .update([seed, ...words].join(' '))
    .digest();
  return digest.readUInt32BE() / 2 ** 32;
}

/** Settings of fast-check: so many runs in a thorough test, a tenth of them in a quick one, and none that goes on until jest stops it. */
export function bounded<T>(numRuns: number): Parameters<T> {
  return { seed, numRuns: rounds(numRuns), interruptAfterTimeLimit: 20_000, markInterruptAsFailure: false };
}

/** All of these in a thorough test, and in a quick one every tenth, not always the same. */
export const sampleOf = <T>(values: readonly T[]): readonly T[] =>
  isThorough ? values : values.filter((_, index) => (index + seed) % 10 === 0);

/** Characters of these codes, of which a string is made; `weight` is how often one is drawn. */
export function characters(...ranges: ReadonlyArray<{ from: number; to: number; weight: number }>) {
  return fc.oneof(
    ...ranges.map(({ from, to, weight }) => ({
      weight,
      arbitrary: fc.integer({ min: from, max: to }).map((code) => String.fromCharCode(code)),
    })),
  );
}
