/**
 * A Markdown table, aligned in plain text, too, because most readers see it in a terminal.
 * @param textColumns the number of first columns that hold text, which stands to the left; numbers stand to the right.
 */
export function markdownTable(
  head: readonly string[],
  lines: ReadonlyArray<readonly string[]>,
  textColumns = 1,
): string {
  const widths = head.map((_, column) => Math.max(...[head, ...lines].map((line) => line[column]?.length ?? 0), 3));
  const render = (cells: readonly string[]) => `| ${cells.map(pad).join(' | ')} |`;
  const pad = (cell: string, column: number) => {
    const width = widths[column] ?? 0;
    return column < textColumns ? cell.padEnd(width) : cell.padStart(width);
  };
  const rule = widths.map((width, column) => (column < textColumns ? '-'.repeat(width) : `${'-'.repeat(width - 1)}:`));
  return [head, rule, ...lines].map(render).join('\n');
}
