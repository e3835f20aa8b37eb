import { InvalidOptions, listOf, milliseconds, parseOrThrow } from '../../../src/support/parser/kinds.ts';

describe('listOf', () => {
  const parse = listOf(milliseconds, 'a list of durations');

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

describe('parseOrThrow', () => {
  test('passes on what is no problem of the options', () => {
    const bug = new TypeError('a bug');
    const parse = () => {
      throw bug;
    };
    expect(() => parseOrThrow(parse, {})).toThrow(bug);
  });

  test('tells a single problem without a list', () => {
    const parse = () => {
      throw new InvalidOptions(['option `a`: no']);
    };
    expect(() => parseOrThrow(parse, {})).toThrow(/^option `a`: no$/);
  });
});
