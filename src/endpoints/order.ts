import type { Endpoint } from './endpoint.ts';

/** Which endpoint is asked first: as given, the one that is likely to answer soonest, or any. */
export type Order = 'given' | 'fastest' | 'random';

export const orders = ['given', 'fastest', 'random'] as const satisfies readonly Order[];

/** Every so many requests the endpoint that was asked longest ago goes first, so that one that recovered is found. */
const exploreEvery = 32;

/** What is ordered: an endpoint, and where it is for this request. */
export interface Ranked {
  readonly endpoint: Endpoint;
}

/**
 * The candidates in the order in which they should be tried.
 * @param turn counts the requests that have the order `'fastest'`; by it endpoints are explored.
 */
export function inOrder<T extends Ranked>(candidates: readonly T[], order: Order, turn: number): readonly T[] {
  if (order === 'given' || candidates.length < 2) return candidates;
  if (order === 'random') return shuffled(candidates);
  return turn % exploreEvery === 0 ? longestIdleFirst(candidates) : fastestFirst(candidates);
}

/** Endpoints of which too little is known keep their place, the others share the remaining places by expectation. */
function fastestFirst<T extends Ranked>(candidates: readonly T[]): readonly T[] {
  const expectations = new Map(candidates.map((candidate) => [candidate, candidate.endpoint.expectedMs]));
  const known = candidates.filter((candidate) => expectations.get(candidate) !== undefined);
  known.sort((a, b) => (expectations.get(a) ?? 0) - (expectations.get(b) ?? 0));
  const sorted = known.values();
  return candidates.map((candidate) =>
    expectations.get(candidate) === undefined ? candidate : (sorted.next().value ?? candidate),
  );
}

/** One that is full is not asked, and would be the one to explore for as long as it is. */
function longestIdleFirst<T extends Ranked>(candidates: readonly T[]): readonly T[] {
  const free = candidates.filter(({ endpoint }) => !endpoint.isFull);
  const [explored] = free.toSorted((a, b) => a.endpoint.lastStartedAtMs - b.endpoint.lastStartedAtMs);
  if (!explored) return fastestFirst(candidates);
  return [explored, ...fastestFirst(candidates).filter((candidate) => candidate !== explored)];
}

/** Fisher and Yates. */
function shuffled<T>(items: readonly T[]): readonly T[] {
  const result = [...items];
  for (let i = result.length - 1; i > 0; i--) {
    const j = Math.floor(Math.random() * (i + 1));
    [result[i], result[j]] = [result[j] as T, result[i] as T];
  }
  return result;
}
