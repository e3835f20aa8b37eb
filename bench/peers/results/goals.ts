import type { RowName } from '../rows/rows.ts';
import type { WorkName } from '../works/works.ts';
import { type Figure, figures } from './figures.ts';
import { findFigures, type WorkResult } from './results.ts';

/** A bound for a figure, or for its ratio to the same figure of another row. */
export interface Goal {
  readonly work: WorkName;
  readonly row: RowName;
  readonly figure: Figure;
  /** @default none: the figure itself is judged */
  readonly comparedTo?: RowName;
  readonly atMost?: number;
  readonly atLeast?: number;
}

/** A goal with the figure or ratio that was measured. */
export interface Verdict {
  readonly goal: Goal;
  readonly actual: number;
  readonly isMet: boolean;
}

const ours = ['ours (got)', 'ours (undici)'] as const;
const oursByHttp2 = ['ours (got), HTTP/2', 'ours (undici), HTTP/2'] as const;

/** Ratios only within one work, whose rows take turns: between works the machine may have changed its pace. */
export const goals: readonly Goal[] = [
  { work: '1 endpoint', row: 'ours (got)', figure: 'cpuUs', comparedTo: 'bare got.stream pipe', atMost: 1 },
  { work: '1 endpoint', row: 'ours (undici)', figure: 'cpuUs', comparedTo: 'http-proxy-middleware', atMost: 0.75 },
  { work: '1 endpoint', row: 'ours (undici)', figure: 'cpuUs', comparedTo: 'httpxy', atMost: 1 },
  { work: 'race of 4', row: 'ours (got)', figure: 'cpuUs', comparedTo: 'hand-written got fan-out', atMost: 0.8 },
  { work: 'race of 4', row: 'ours (undici)', figure: 'cpuUs', comparedTo: 'hand-written undici fan-out', atMost: 1.3 },
  {
    work: 'race of 4',
    row: 'ours (undici)',
    figure: 'cpuUs',
    comparedTo: 'http-proxy-middleware, 1 endpoint',
    atMost: 1.5,
  },
  ...ours.flatMap((row): Goal[] => [
    { work: 'hedge over 4', row, figure: 'cpuUs', comparedTo: `${row}, 1 endpoint`, atMost: 1.1 },
    { work: 'race of 16', row, figure: 'cpuUs', comparedTo: `${row}, 4 endpoints`, atMost: 4.2 },
    { work: '1 GiB response', row, figure: 'megabytesPerSecond', comparedTo: 'bare node:http pipe', atLeast: 0.9 },
    { work: '1 GiB response', row, figure: 'grownMiB', atMost: 60 },
  ]),
  ...oursByHttp2.map(
    (row): Goal => ({ work: 'race of 4 over TLS', row, figure: 'connectionsPerRequest', atMost: 0.005 }),
  ),
];

/** Judges the goals whose figures are there; the others are left out. */
export function judge(results: readonly WorkResult[], wanted: readonly Goal[] = goals): readonly Verdict[] {
  return wanted.flatMap((goal) => {
    const actual = actualOf(goal, results);
    if (actual === undefined || Number.isNaN(actual)) return [];
    const { atMost = Infinity, atLeast = -Infinity } = goal;
    return [{ goal, actual, isMet: actual <= atMost && actual >= atLeast }];
  });
}

function actualOf({ work, row, figure, comparedTo }: Goal, results: readonly WorkResult[]): number | undefined {
  const value = findFigures(results, work, row)?.[figure];
  if (comparedTo === undefined || value === undefined) return value;
  const other = findFigures(results, work, comparedTo)?.[figure];
  return other === undefined ? undefined : value / other;
}

/** Says a goal in words. */
export function describeGoal({ row, figure, comparedTo, atMost, atLeast }: Goal): string {
  const limit = atMost === undefined ? `at least ${atLeast}` : `at most ${atMost}`;
  return `${row}: ${figures[figure].label} ${limit}${comparedTo === undefined ? '' : ` × ${comparedTo}`}`;
}
