import { introductionOf, llmsText } from '../../scripts/llms-text.ts';
import { linksIn, pages } from './project.ts';

/** llms.txt, as it is made for the package. */

const text = llmsText();

describe('llms.txt', () => {
  test('has the form of https://llmstxt.org: a title, a summary, what is to be known, and below headings links, each with a sentence', () => {
    const [head = '', ...lists] = text.split(/^## /m);
    expect(head).toMatch(/^# balancing-reverse-proxy\n\n(> .+\n)+\n[^#]+$/);
    expect(lists.map((list) => list.split('\n', 1)[0])).toEqual(['Docs', 'Recipes']);
    for (const list of lists) expect(list).toMatch(/^\w+\n\n(- \[[^\]]+\]\([^)]+\.md\): .+[.!?]\n)+\n?$/);
  });

  test('lists each page of docs once', () => {
    expect(linksIn(text).sort()).toEqual(pages.filter((page) => page.startsWith('docs/')));
  });

  test('tells how to install the package, and has an example of at most ten lines', () => {
    expect(text).toContain('npm install balancing-reverse-proxy\n');
    const [, example = ''] = /```js\n([\s\S]*?)```/.exec(text) ?? [];
    expect(example).toContain('createBalancingProxy(');
    expect(example.trim().split('\n').length).toBeLessThanOrEqual(10);
  });
});

describe('introductionOf', () => {
  test.each([
    ['One. Two.', 'One.'],
    ['**One** [link](a.md#b)\nhere `a.example. x` ``b`. c``. Two.', 'One link here `a.example. x` ``b`. c``.'],
    ['No end', 'No end'],
    ['| a | table |', ''],
    ['```js\ncode. more\n```', ''],
  ])('takes of %j', (paragraph, sentence) => {
    expect(introductionOf(`# A title\n\n${paragraph}\n\nMore.\n`)).toEqual({ title: 'A title', sentence });
  });
});
