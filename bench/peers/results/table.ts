import { markdownTable } from '../../tables/markdown-table.ts';
import { type Figure, figures } from './figures.ts';
import { describeGoal, type Verdict } from './goals.ts';
import type { RowResult, WorkResult } from './results.ts';

/** One work as a Markdown table: the first figure with its ratio to that of the first row, then the others. */
export function tableOf({ rows }: WorkResult, columns: readonly Figure[]): string {
  const [main = 'cpuUs', ...others] = columns;
  const [first] = rows;
  const head = ['', figures[main].label, 'ratio', ...others.map((figure) => figures[figure].label)];
  const lines = rows.map((row) => {
    const ratio = (row.figures[main] ?? Number.NaN) / (first?.figures[main] ?? Number.NaN);
    const cells = [cellOf(row, main), formatNumber(ratio, 2), ...others.map((figure) => cellOf(row, figure))];
    return [row.row, ...cells];
  });
  return [markdownTable(head, lines), ...rows.flatMap(problemLine)].join('\n');
}

/** The goals as a Markdown table. */
export function goalTableOf(verdicts: readonly Verdict[]): string {
  const lines = verdicts.map(({ goal, actual, isMet }) => [
    goal.work,
    describeGoal(goal),
    formatNumber(actual, actual < 10 ? 3 : 0),
    isMet ? 'met' : 'not met',
  ]);
  return markdownTable(['work', 'goal', 'actual', ''], lines, 2);
}

function cellOf({ figures: values }: RowResult, figure: Figure): string {
  return formatNumber(values[figure] ?? Number.NaN, figures[figure].decimals);
}

function formatNumber(value: number, decimals: number): string {
  return Number.isFinite(value) ? value.toFixed(decimals) : '-';
}

function problemLine({ row, problem }: RowResult): string[] {
  return problem === undefined ? [] : [`\n${row}: ${problem}`];
}
