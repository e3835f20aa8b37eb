import { pages, textOf } from './project.ts';

/** A block of code or of output on a page. */
export interface Fence {
  readonly page: string;
  /** The line on which the block begins, from 1. */
  readonly line: number;
  /** The word behind the backticks, in small letters; empty where there is none. */
  readonly language: string;
  /** The text, without the indentation that the block has within a list. */
  readonly code: string;
}

function fencesOf(page: string): Fence[] {
  const text = textOf(page);
  return [...text.matchAll(/^( *)```(\S*)[^\n]*\n([\s\S]*?)^\1```$/gm)].map(
    ({ index, 1: indentation = '', 2: language = '', 3: code = '' }) => ({
      page,
      line: text.slice(0, index).split('\n').length,
      language: language.toLowerCase(),
      code: code.replaceAll(new RegExp(`^${indentation}`, 'gm'), ''),
    }),
  );
}

/** Every block on the pages for users. */
export const fences: readonly Fence[] = pages.flatMap(fencesOf);

/** The blocks in a language, each with the place by which a test names it. */
export function fencesIn(...languages: readonly string[]): Array<readonly [place: string, fence: Fence]> {
  return fences
    .filter(({ language }) => languages.includes(language))
    .map((fence) => [`${fence.page}:${fence.line}`, fence] as const);
}

/** The commands in blocks of `sh`, a line each: what is continued on a next line is one line, and comments and what comes behind a pipe are left out. */
export function commandLines(): Array<{ readonly page: string; readonly line: string }> {
  return fencesIn('sh').flatMap(([, { page, code }]) =>
    code
      .replaceAll(/\\\n\s*/g, '')
      .split('\n')
      .map((line) => ({ page, line: line.replace(/(?:^| +)(?:#|&|\||>).*$/, '') }))
      .filter(({ line }) => line !== ''),
  );
}
