import type { BalancingProxyOptions } from '../../src/index.ts';

/** One row of the table. */
export interface Scenario {
  readonly name: string;
  readonly endpoints: number;
  /** Share of an endpoint's answers that are a 500. */
  readonly errorRatio?: number;
  readonly options: Omit<BalancingProxyOptions, 'endpoints'>;
  /** After the warm-up every endpoint becomes so many times slower. */
  readonly slowdown?: number;
  /** Drawn in the chart. */
  readonly isDrawn?: boolean;
}

const hedged = { strategy: 'hedge', order: 'random' } as const;

/** Endpoints are asked in random order, so that every strategy loads all of them alike. */
export const scenarios: readonly Scenario[] = [
  { name: 'single endpoint', endpoints: 1, options: {}, isDrawn: true },
  { name: 'race of 2', endpoints: 2, options: {}, isDrawn: true },
  { name: 'race of 4', endpoints: 4, options: {}, isDrawn: true },
  ...[0.01, 0.02, 0.05, 0.1].map((budgetRatio) => ({
    name: `hedge, budgetRatio ${budgetRatio}`,
    endpoints: 4,
    options: { ...hedged, hedge: { budgetRatio } },
    isDrawn: budgetRatio > 0.01,
  })),
  { name: 'hedge after p95', endpoints: 4, options: { ...hedged, hedge: { delayMs: 'p95', budgetRatio: 0.2 } } },
  { name: 'hedge after 10 ms', endpoints: 4, options: { ...hedged, hedge: { delayMs: 10, budgetRatio: 0.2 } } },
  { name: 'race of 4, 25 % errors', endpoints: 4, errorRatio: 0.25, options: {} },
  {
    name: 'failover over 4, 25 % errors',
    endpoints: 4,
    errorRatio: 0.25,
    options: { strategy: 'failover', order: 'random' },
  },
  {
    name: 'failover over 4, 10 % errors',
    endpoints: 4,
    errorRatio: 0.1,
    options: { strategy: 'failover', order: 'random' },
  },
  ...[0.02, 0.05].map((budgetRatio) => ({
    name: `hedge, budgetRatio ${budgetRatio}, all 10 times slower`,
    endpoints: 4,
    options: { ...hedged, hedge: { budgetRatio } },
    slowdown: 10,
  })),
];
