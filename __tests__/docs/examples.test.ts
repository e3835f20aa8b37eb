import { existsSync, globSync } from 'node:fs';
import path from 'node:path';
import { root } from '../architecture/sources.ts';
import { textOf } from './project.ts';

/** Recipes show the programs of `examples` as they are, and each of these has its page and its test. */

const inProject = (...patterns: string[]) =>
  globSync(patterns, { cwd: root })
    .map((file) => file.replaceAll(path.sep, '/'))
    .sort();

/** The frames have a page and a test of all of them. */
const examples = inProject('examples/*.{ts,js}', 'examples/*/**/*.{ts,js}').filter(
  (file) => !file.startsWith('examples/frames/'),
);
const recipes = inProject('docs/recipes/*.md').filter((page) => page !== 'docs/recipes/README.md');

/** The recipe of a program: `jobs` for `examples/jobs.ts` as for `examples/jobs/server.ts`. */
const recipeOf = (file: string) => file.split('/')[1]?.replace(/\.[tj]s$/, '');

/** The programs that a page shows: their texts by their paths, which are the first lines of their blocks. */
const shownIn = (page: string) =>
  new Map(
    [...textOf(page).matchAll(/^```[tj]s\n\/\/ (examples\/\S+)\n([\s\S]*?)^```$/gm)].map(([, file = '', text = '']) => [
      file,
      text,
    ]),
  );

const linesIn = (file: string) => textOf(file).trimEnd().split('\n').length;

test('there are examples and recipes', () => {
  expect(examples).toContain('examples/restarting-server.ts');
  expect(recipes).toContain('docs/recipes/restarting-server.md');
});

describe.each(examples)('%s', (file) => {
  const page = `docs/recipes/${recipeOf(file)}.md`;

  test('is shown whole by the page of its name', () => {
    expect(shownIn(page).get(file)).toBe(textOf(file));
  });

  test('has a test of its name', () => {
    expect(inProject(`__tests__/examples/${recipeOf(file)}.test.ts`)).toHaveLength(1);
  });

  test('imports the package by its name', () => {
    expect(textOf(file)).not.toMatch(/['"][./]*\/(src|dist)\//);
  });

  test('is short', () => {
    expect(linesIn(file)).toBeLessThanOrEqual(80);
  });
});

describe.each(recipes)('%s', (page) => {
  test('shows no program that is not there', () => {
    expect([...shownIn(page).keys()].filter((file) => !existsSync(path.join(root, file)))).toEqual([]);
  });

  test('is in the list of recipes', () => {
    expect(textOf('docs/recipes/README.md')).toContain(`](${path.posix.basename(page)})`);
  });

  test('is short', () => {
    expect(linesIn(page)).toBeLessThanOrEqual(120);
  });
});
