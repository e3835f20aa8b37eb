import { globSync, readFileSync } from 'node:fs';
import path from 'node:path';

const root = path.join(import.meta.dirname, '..');
const textOf = (file: string): string => readFileSync(path.join(root, file), 'utf8');

/** A page of `docs` in a line of the list: its title, its path from the project's folder, and what it is for. */
export interface ListedPage {
  readonly title: string;
  readonly file: string;
  /** The first sentence below the title, without links. */
  readonly sentence: string;
}

/** Reads how a page introduces itself. One that begins otherwise than with words has an empty sentence. */
export function introductionOf(text: string): Pick<ListedPage, 'title' | 'sentence'> {
  const [, title = '', paragraph = ''] =
    /^# (.+)\n+(?![|#]|```|[-*] )((?:.+\n?)*)/.exec(text) ?? /^# (.+)/.exec(text) ?? [];
  const plain = paragraph
    .replaceAll(/\s+/g, ' ')
    .replaceAll(/\[([^\]]*)\]\([^)]*\)/g, '$1')
    .replaceAll('**', '');
  // The point of `example.com` in code ends no sentence.
  const [sentence = plain.trim()] = /^(?:``.*?``|`[^`]*`|[^`])*?[.!?](?= |$)/.exec(plain) ?? [];
  return { title, sentence };
}

/** All pages of `docs`, in the order of their paths. */
export function listedPages(): readonly ListedPage[] {
  const files = globSync('docs/**/*.md', { cwd: root }).map((file) => file.replaceAll(path.sep, '/'));
  return files.sort().map((file) => ({ file, ...introductionOf(textOf(file)) }));
}

/**
 * The text of llms.txt, which tells a language model what the package is and where to read on, in the form of https://llmstxt.org. Links are
 * relative, as it is read within the package.
 */
export function llmsText(): string {
  const lineOf = ({ title, file, sentence }: ListedPage) => `- [${title}](${file}): ${sentence}`;
  const pages = listedPages();
  const isRecipe = ({ file }: ListedPage) => file.startsWith('docs/recipes/');
  const sections = [
    ['Docs', ...pages.filter((page) => !isRecipe(page)).map(lineOf)],
    ['Recipes', ...pages.filter(isRecipe).map(lineOf)],
  ];
  const lists = sections.map(([heading, ...lines]) => `## ${heading}\n\n${lines.join('\n')}\n`);
  return [textOf('scripts/llms-head.txt'), ...lists].join('\n');
}
