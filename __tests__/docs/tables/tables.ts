import { pages, textOf } from '../project.ts';

/** A row of a table: its cells by the heads of their columns. */
export type Row = Readonly<Record<string, string>>;

/** The rows of the tables with these columns, all of which are on one page, whatever page it is: see {@link tableIn}. */
export function tableOf<const Column extends string>(...columns: Column[]): Array<Readonly<Record<Column, string>>> {
  const found = pages.filter((page) => textOf(page).split('\n').includes(headOf(columns)));
  const [page] = found;
  if (page === undefined || found.length > 1) throw new Error(`tables of ${columns} are on pages: [${found}]`);
  return tableIn(page, ...columns);
}

const headOf = (columns: readonly string[]): string => `| ${columns.join(' | ')} |`;

/**
 * The rows of a table, which may be in parts, each below a heading of its own.
 * @param columns what stands at the head of its columns.
 * @throws when the text has no such table, or two of them below one heading.
 */
export function tableIn<const Column extends string>(
  file: string,
  ...columns: Column[]
): Array<Readonly<Record<Column, string>>> {
  const sections = textOf(file).split(/^(?=#+ )/m);
  const parts = sections.map((section) => rowsBelow(headOf(columns), section.split('\n')));
  if (parts.every((rows) => rows === undefined)) throw new Error(`${file} has no table of ${columns}`);
  return parts
    .flatMap((rows = []) => rows.map(cellsOf))
    .map((cells) => Object.fromEntries(columns.map((column, index) => [column, cells[index] ?? '']))) as Array<
    Readonly<Record<Column, string>>
  >;
}

/** The lines of a table of a section; undefined when it has none. */
function rowsBelow(head: string, lines: readonly string[]): readonly string[] | undefined {
  const at = lines.indexOf(head);
  if (at < 0) return undefined;
  if (lines.includes(head, at + 1)) throw new Error(`two tables of ${head} are below the heading ${lines[0]}`);
  const body = lines.slice(at + 2);
  return body.slice(
    0,
    body.findIndex((line) => !line.startsWith('|')),
  );
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
