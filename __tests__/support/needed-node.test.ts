import { oldestNode, problemWithNode } from '../../src/support/needed-node.ts';
import { textOf } from '../docs/project.ts';

describe('problemWithNode', () => {
  test.each([
    ['18.20.4', 'needs Node 22.1 or newer, this is 18.20'],
    ['20.20.0', 'needs Node 22.1 or newer, this is 20.20'],
    ['22.0.0', 'needs Node 22.1 or newer, this is 22.0'],
    ['9.99.0', 'needs Node 22.1 or newer, this is 9.99'],
  ])('refuses %s', (version, problem) => {
    expect(problemWithNode(version)).toBe(problem);
  });

  test.each(['22.1.0', '22.10.0', '23.0.0', '24.3.0', '100.0.0', '27.0.0-nightly20270101', process.versions.node])(
    'takes %s',
    (version) => {
      expect(problemWithNode(version)).toBe(undefined);
    },
  );

  test('takes a runtime that claims to be no Node', () => {
    expect(problemWithNode(undefined)).toBe(undefined);
  });
});

test.each([
  ['package.json', `"node": ">=${oldestNode}"`],
  ['package-lock.json', `"node": ">=${oldestNode}"`],
  ['README.md', `The package needs Node ${oldestNode} or newer`],
  ['CONTRIBUTING.md', `Node ${oldestNode} or newer`],
])('%s names the oldest Node that works', (file, words) => {
  expect(textOf(file)).toContain(words);
});
