import { markdownTable } from '../../tables/markdown-table.ts';
import { forms } from './forms.ts';
import type { Tally } from './measure-cell.ts';
import { nameOf, type Setup, setups, type WholeRow } from './rows.ts';

/** One line of the table, measured. */
export interface WholeResult {
  readonly row: WholeRow;
  readonly tallies: ReadonlyMap<Setup, Tally>;
}

/** The least share of whole answers that is wanted of every cell. */
const goalRatio = 0.995;

/** The share of answers that came whole. */
export function wholeRatio({ whole, broken, refused, wrong }: Tally): number {
  return whole / (whole + broken + refused + wrong);
}

/** The results as a Markdown table: how much of what the client asked for came whole, and how much looked so and was wrong. */
export function wholeTableOf(results: readonly WholeResult[]): string {
  const head = ['answer', '`resume`', ...setups.map(({ name }) => name), 'wrong'];
  const lines = results.map(({ row, tallies }) => {
    const all = [...tallies.values()];
    const wrong = all.reduce((sum, tally) => sum + tally.wrong, 0);
    const cells = setups.map((setup) => percent(tallies.get(setup)));
    return [forms[row.form].name, `\`'${row.resume}'\``, ...cells, String(wrong)];
  });
  return markdownTable(head, lines, 2);
}

function percent(tally: Tally | undefined): string {
  return tally ? `${(100 * wholeRatio(tally)).toFixed(1)} %` : '-';
}

/** What is not as it should be, a line each: cells below the goal, and answers that look whole and are wrong. */
export function complaintsAbout(results: readonly WholeResult[]): readonly string[] {
  return results.flatMap(({ row, tallies }) =>
    [...tallies].flatMap(([setup, tally]) => {
      const isLow = !setup.isForComparison && wholeRatio(tally) < goalRatio;
      const { whole, broken, refused, wrong } = tally;
      if (!isLow && wrong === 0) return [];
      const counts = `${whole} whole, ${broken} broken off, ${refused} refused, ${wrong} wrong`;
      return [`${nameOf(row)}, ${setup.name}: ${counts}`];
    }),
  );
}
