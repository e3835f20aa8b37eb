import { arrayOf, milliseconds } from '../../../src/support/parser/kinds.ts';

describe('arrayOf', () => {
  const parse = arrayOf(milliseconds, 'a list of durations');

  test('gives the parsed items, frozen', () => {
    const list = parse([1, 2], 'delays');
    expect(list).toEqual([1, 2]);
    expect(Object.isFrozen(list)).toBe(true);
  });

  test('gathers the problems of all items', () => {
    expect(() => parse([1, 'x', 0], 'delays')).toThrow(
      expect.objectContaining({
        problems: [expect.stringMatching(/^option `delays\[1\]`/), expect.stringMatching(/^option `delays\[2\]`/)],
      }),
    );
  });
});
