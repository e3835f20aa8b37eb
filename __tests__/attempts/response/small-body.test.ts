import { isSmall } from '../../../src/attempts/response/small-body.ts';

describe('isSmall', () => {
  test.each<[number | undefined, boolean]>([
    [0, true],
    [65_536, true],
    [65_537, false],
    [undefined, false],
  ])('of %s bytes is %s', (bytes, isIt) => {
    expect(isSmall(bytes)).toBe(isIt);
  });
});
