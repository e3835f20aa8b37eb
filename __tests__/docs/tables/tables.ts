import { pages, textOf } from '../project.ts';

/** A row of a table: its cells by the heads of their columns. */
export type Row = Readonly<Record<string, string>>;

/** The rows of the one table with these columns, on whatever page it is: see {@link tableIn}. */
export function tableOf<const Column extends string>(...columns: Column[]): Array<Readonly<Record<Column, string>>> {
  const found = pages.filter((page) => textOf(page).split('\n').includes(headOf(columns)));
  const [page] = found;
  if (page === undefined || found.length > 1) throw new Error(`tables of ${columns} are on pages: [${found}]`);
  return tableIn(page, ...columns);
}

const headOf = (columns: readonly string[]): string => `| ${columns.join(' | ')} |`;

/**
 * The rows of a table.
 * @param columns what stands at the head of its columns.
 * @throws when the text has no such table, or more than one.
 */
export function tableIn<const Column extends string>(
  file: string,
  ...columns: Column[]
): Array<Readonly<Record<Column, string>>> {
  const lines = textOf(file).split('\n');
  const heads = lines.flatMap((line, index) => (line === headOf(columns) ? [index] : []));
  const [head] = heads;
  if (head === undefined || heads.length > 1) throw new Error(`${file} has ${heads.length} tables of ${columns}`);
  const body = lines.slice(head + 2);
  const rows = body
    .slice(
      0,
      body.findIndex((line) => !line.startsWith('|')),
    )
    .map(cellsOf);
  return rows.map((cells) => Object.fromEntries(columns.map((column, index) => [column, cells[index] ?? '']))) as Array<
    Readonly<Record<Column, string>>
  >;
}

function cellsOf(line: string): string[] {
  return line
    .split(/(?<!\\)\|/)
    .slice(1, -1)
    .map((cell) => cell.trim());
}

/** The pieces of a text that are in backticks. */
export function codeIn(text: string): string[] {
  return [...text.matchAll(/`([^`]+)`/g)].map(([, code = '']) => code);
}

/** A text without what stands in parentheses. */
export function withoutAsides(text: string): string {
  return text.replaceAll(/ \([^()]*\)/g, '');
}

/**
 * The values that a text lists for a name, as in "`name`: `one`, `two` (an aside) or `three`. `next`: ...": those of the first sentence
 * behind the name.
 */
export function valuesListedFor(name: string, text: string): string[] {
  const [, list = ''] = withoutAsides(text).split(`\`${name}\`: `);
  return codeIn(list.split(/\. |; | `\w+`: /, 1)[0] ?? '');
}

/** The paragraph that begins with a text, on whatever page it is. @throws when there is none. */
export function paragraphOf(beginning: string): string {
  const found = pages
    .flatMap((page) => textOf(page).split('\n\n'))
    .find((paragraph) => paragraph.startsWith(beginning));
  if (found === undefined) throw new Error(`no page has a paragraph that begins with ${beginning}`);
  return found.replaceAll('\n', ' ');
}
