import { asksForOnePart, contentRangeOf, refusesRanges, strongEtagOf } from '../../src/http/ranges.ts';

describe('a Content-Range', () => {
  test.each<[string, [first: number, last: number, complete: number] | undefined]>([
    ['bytes 0-0/1', [0, 0, 1]],
    ['bytes 10-19/100', [10, 19, 100]],
    [' Bytes 10-99/100 ', [10, 99, 100]],
    ['bytes 10-19/*', undefined],
    ['bytes */100', undefined],
    ['bytes 19-10/100', undefined],
    ['bytes 10-100/100', undefined],
    ['bytes 10-19/9007199254740993', undefined],
    ['bytes=10-19/100', undefined],
    ['bytes 10-/100', undefined],
    ['bytes -19/100', undefined],
    ['bytes 10-19, 30-39/100', undefined],
    ['items 10-19/100', undefined],
    ['', undefined],
  ])('%j is read as %j', (value, range) => {
    const [firstByte, lastByte, completeBytes] = range ?? [];
    expect(contentRangeOf(['Content-Range', value])).toEqual(range && { firstByte, lastByte, completeBytes });
  });

  test('counts only when there is one', () => {
    expect(contentRangeOf([])).toBeUndefined();
    expect(contentRangeOf(['Content-Range', 'bytes 0-0/1', 'content-range', 'bytes 0-0/1'])).toBeUndefined();
  });
});

describe('an ETag', () => {
  test.each<[string, boolean]>([
    ['"a"', true],
    [' "a" ', true],
    ['""', true],
    ['"W/a"', true],
    ['"ä!#~"', true],
    ['W/"a"', false],
    ['w/"a"', false],
    ['a', false],
    ['"a', false],
    ['"a" "b"', false],
    ['"a b"', false],
    ['"a", "b"', false],
    ['', false],
  ])('%j is strong: %j', (value, isStrong) => {
    expect(strongEtagOf(['ETag', value])).toBe(isStrong ? value.trim() : undefined);
  });

  test('counts only when there is one', () => {
    expect(strongEtagOf([])).toBeUndefined();
    expect(strongEtagOf(['ETag', '"a"', 'etag', '"a"'])).toBeUndefined();
  });
});

describe('a Range', () => {
  test.each<[string, boolean]>([
    ['bytes=0-9', true],
    ['bytes=10-', true],
    ['bytes=-10', true],
    ['Bytes= 0-9', true],
    ['bytes=0-9,20-29', false],
    ['bytes=0-9, -5', false],
    ['bytes=-', false],
    ['bytes', false],
    ['items=0-9', false],
  ])('%j asks for one part: %j', (value, isOne) => {
    expect(asksForOnePart(['Range', value])).toBe(isOne);
  });

  test('counts only when there is one', () => {
    expect(asksForOnePart([])).toBe(true);
    expect(asksForOnePart(['Range', 'bytes=0-9', 'range', 'bytes=0-9'])).toBe(false);
  });
});

test.each<[string[], boolean]>([
  [[], false],
  [['Accept-Ranges', 'bytes'], false],
  [['Accept-Ranges', ' None '], true],
])('%j refuses ranges: %j', (headers, refuses) => {
  expect(refusesRanges(headers)).toBe(refuses);
});
