import { existsSync, globSync } from 'node:fs';
import path from 'node:path';
import { root } from '../architecture/sources.ts';
import { linksIn, manifest, pages, proseOf, textOf } from './project.ts';

/** Papers for people lead somewhere, and nothing in them is made up. */

const texts = globSync(['*.md', 'scripts/llms-head.txt', 'docs/**/*.md', 'bench/*.md', '.github/*.md'], {
  cwd: root,
}).sort();
const papers = [...texts, ...globSync('.github/*/*.yml', { cwd: root }).sort()];
const named = papers.map((file) => [file] as const);

/** The anchors that GitHub makes of the headings of a text. */
function anchorsIn(text: string): string[] {
  const headings = [...text.matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) => heading);
  return headings.map((heading) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  );
}

function leadsSomewhere(file: string, link: string): boolean {
  const [target = '', anchor] = link.split('#');
  const linked = target === '' ? file : path.posix.join(path.posix.dirname(file), target);
  return existsSync(path.join(root, linked)) && (anchor === undefined || anchorsIn(proseOf(linked)).includes(anchor));
}

test('papers are found', () => {
  expect(papers).toEqual(
    expect.arrayContaining(['README.md', 'SECURITY.md', 'docs/http2.md', '.github/workflows/ci.yml']),
  );
});

describe('the length', () => {
  const linesOf = (file: string) => textOf(file).trimEnd().split('\n').length;

  test('of README is that of a page to read in one go', () => {
    expect(linesOf('README.md')).toBeLessThanOrEqual(170);
  });

  test.each(pages.filter((file) => file.startsWith('docs/')))('of %s is that of one topic', (file) => {
    expect(linesOf(file)).toBeLessThanOrEqual(200);
  });

  test.each([...pages, 'CONTRIBUTING.md', 'SECURITY.md'])(
    'of the lines of %s is that of an editor, but for tables and the words on images',
    (file) => {
      expect(proseOf(file).match(/^(?!\s*\||!\[).{141,}$/gm) ?? []).toEqual([]);
    },
  );
});

describe.each(pages.filter((file) => file.startsWith('docs/')))('%s', (file) => {
  const [title = '', introduction = ''] = textOf(file).split('\n\n');

  test('begins with a title and with what it is for', () => {
    expect(title).toMatch(/^# \S.*$/);
    expect(introduction).toMatch(/^(?![|#>]|- |```)/);
  });

  test('lists its sections when there are three or more', () => {
    const sections = proseOf(file).match(/^## .+$/gm) ?? [];
    const anchors = sections.length < 3 ? [] : anchorsIn(sections.join('\n'));
    expect(anchors.filter((anchor) => !textOf(file).includes(`(#${anchor})`))).toEqual([]);
  });
});

describe('links', () => {
  test.each(texts.map((file) => [file] as const))('of %s lead to files and headings that exist', (file) => {
    expect(linksIn(textOf(file)).filter((link) => !leadsSomewhere(file, link))).toEqual([]);
  });
});

describe('what is named', () => {
  // The change log tells of earlier versions, of which files and scripts may be gone.
  const current = named.filter(([file]) => file !== 'CHANGELOG.md');

  test.each(current)('as a script in %s is one of package.json', (file) => {
    const scripts = [...textOf(file).matchAll(/\bnpm (?:run (?:-s )?)?([a-z][a-z:0-9-]*)/g)];
    const own = scripts.filter(([command, name]) => command.startsWith('npm run ') || name === 'test');
    expect(own.map(([, name = '']) => name).filter((name) => !(name in manifest.scripts))).toEqual([]);
  });

  test.each(current)('as a file in %s exists', (file) => {
    const spans = [...textOf(file).matchAll(/`((?:src|__tests__|docs|demo|bench|scripts|\.ci|\.github)\/[^`\s]*)`/g)];
    const files = spans.map(([, name = '']) => name).filter((name) => !/[<>{}*…]/.test(name));
    expect(files.filter((name) => !existsSync(path.join(root, name)))).toEqual([]);
  });
});

describe('addresses', () => {
  /** The program that this one replaces has the same name; where this one lives is not known here. */
  const isMadeUp = (url: string) =>
    /[/@]balancing-reverse-proxy\b/.test(url) && url !== 'https://github.com/KarelKubat/balancing-reverse-proxy';

  test.each(named)('in %s name no home of this package', (file) => {
    const urls = textOf(file).match(/\b(?:https?|git|ssh):\/\/[^\s)"'`>]+/g) ?? [];
    expect(urls.filter(isMadeUp)).toEqual([]);
  });

  test.each(named)('of people are not in %s', (file) => {
    const isWord = (found: string) => /^user:pass@|@(?:v\d|[a-z-]+\/)/.test(found);
    const found = textOf(file).match(/[\w.:+-]+@[a-z0-9-]+\.[a-z.]+/gi) ?? [];
    expect(found.filter((address) => !isWord(address))).toEqual([]);
  });

  test.each(named.filter(([file]) => /^(?:SECURITY|CONTRIBUTING|\.github)/.test(file)))(
    'of the web are not in %s, but for those of endpoints in examples',
    (file) => {
      const urls = textOf(file).match(/\bhttps?:\/\/[^\s)"'`>]+/g) ?? [];
      expect(urls.filter((url) => !/^https?:\/\/[a-z]+\.example\b/.test(url))).toEqual([]);
    },
  );
});
