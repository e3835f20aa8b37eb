import { globSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { root } from '../architecture/sources.ts';

/** @param file a path from the project's folder. */
export const textOf = (file: string): string => readFileSync(path.join(root, file), 'utf8');

/** A text without its blocks of code, in which `#` and brackets mean something else. */
export const proseOf = (file: string): string => proseIn(textOf(file));

const proseIn = (text: string): string => text.replaceAll(/^( *)```[\s\S]*?^\1```/gm, '');

/** Links of a text to files and headings of the project, the ones of images included. */
export function linksIn(text: string): string[] {
  const targets = [...proseIn(text).matchAll(/\]\(([^)\s]+)\)/g)].map(([, target = '']) => target);
  return targets.filter((target) => !/^[a-z]+:/.test(target));
}

/** The pages for users: README and all of docs, as paths from the project's folder. */
export const pages: readonly string[] = globSync(['README.md', 'docs/**/*.md'], { cwd: root }).sort();

/** The part of package.json that is read here. */
export interface Manifest {
  readonly name: string;
  /** The modules that users can import, by their subpaths: the compiled file of each, or a file that is no module. */
  readonly exports: Readonly<Record<string, string | { readonly default: string }>>;
  readonly scripts: Readonly<Record<string, string>>;
  readonly devDependencies: Readonly<Record<string, string>>;
}

export const manifest = JSON.parse(textOf('package.json')) as Manifest;
