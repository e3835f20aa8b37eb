import type { Endpoint } from './state/endpoint.ts';

/** Which endpoint is asked first: as given, the one that is likely to answer soonest, or any. */
export type Order = 'given' | 'fastest' | 'random';

/** Every order, the default of most strategies first. */
export const orders = ['given', 'fastest', 'random'] as const satisfies readonly Order[];

/** In one of so many requests the endpoint goes first that was asked longest ago, so that one that recovered is found. */
const exploreEvery = 32;

/** A candidate, as far as its order is concerned. */
interface Ranked {
  /** The endpoint, by whose state the candidate is ranked. */
  readonly endpoint: Endpoint;
}

/**
 * The candidates in the order in which they should be tried.
 * @param turn counts the requests that have the order `'fastest'`, of which one in 32 explores.
 */
export function inOrder<T extends Ranked>(candidates: readonly T[], order: Order, turn: number): readonly T[] {
  if (order === 'given' || candidates.length < 2) return candidates;
  if (order === 'random') return shuffled(candidates);
  return turn % exploreEvery === 0 ? longestIdleFirst(candidates) : fastestFirst(candidates);
}

/** The candidates by expectation, but that those of which too little is known keep their places. */
function fastestFirst<T extends Ranked>(candidates: readonly T[]): readonly T[] {
  const expectations = new Map(candidates.map((candidate) => [candidate, candidate.endpoint.expectedMs]));
  const known = candidates.filter((candidate) => expectations.get(candidate) !== undefined);
  known.sort((a, b) => (expectations.get(a) ?? 0) - (expectations.get(b) ?? 0));
  const sorted = known.values();
  return candidates.map((candidate) =>
    expectations.get(candidate) === undefined ? candidate : (sorted.next().value ?? candidate),
  );
}

/** The candidate first that was asked longest ago, of those that are not full: a full one is not asked, and would come first again and again. */
function longestIdleFirst<T extends Ranked>(candidates: readonly T[]): readonly T[] {
  const free = candidates.filter(({ endpoint }) => !endpoint.isFull);
  const [explored] = free.toSorted((a, b) => a.endpoint.lastStartedAtMs - b.endpoint.lastStartedAtMs);
  if (!explored) return fastestFirst(candidates);
  return [explored, ...fastestFirst(candidates).filter((candidate) => candidate !== explored)];
}

/** The items in any order, by Fisher and Yates. */
function shuffled<T>(items: readonly T[]): readonly T[] {
  const result = [...items];
  for (let i = result.length - 1; i > 0; i--) {
    const j = Math.floor(Math.random() * (i + 1));
    [result[i], result[j]] = [result[j] as T, result[i] as T];
  }
  return result;
}
