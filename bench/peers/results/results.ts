import type { Sample } from './figures.ts';

/** The figures of one row in one work. */
export interface RowResult {
  readonly row: string;
  /** The medians of the row's rounds; empty when the row never got through one. */
  readonly figures: Sample;
  /** The rounds themselves: how far they are apart is the noise. */
  readonly rounds?: readonly Sample[];
  /** Why the row could not be measured, or why its figures are not to be trusted. */
  readonly problem?: string;
}

/** The figures of all rows in one work, in the order of the table. */
export interface WorkResult {
  readonly work: string;
  /** How this run differed from what the work's name says. */
  readonly note?: string;
  readonly rows: readonly RowResult[];
}

/** The figures of a row in a work; undefined when they were not measured. */
export function findFigures(results: readonly WorkResult[], work: string, row: string): Sample | undefined {
  return results.find((result) => result.work === work)?.rows.find((result) => result.row === row)?.figures;
}
