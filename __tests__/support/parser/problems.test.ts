import { InvalidOptions, parseOrThrow } from '../../../src/support/parser/problems.ts';

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
