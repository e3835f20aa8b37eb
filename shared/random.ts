/** One more than the highest seed. */
export const seedLimit = 2 ** 32;

/** A seed for a run that nobody asked to repeat. */
export function randomSeed(): number {
  return Math.floor(Math.random() * seedLimit);
}

/**
 * Random numbers from 0 up to but not including 1, the same ones for the same seed: mulberry32, because Math.random
 * takes no seed.
 * @param seed a whole number from 0 up to but not including {@link seedLimit}.
 */
export function createRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / seedLimit;
  };
}
