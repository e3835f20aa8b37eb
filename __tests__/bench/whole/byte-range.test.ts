import { askedRange } from '../../../bench/whole/parts/byte-range.ts';

const file = { bytes: 100, etag: '"a"' };

describe('askedRange', () => {
  test.each([
    { range: 'bytes=10-19', start: 10, end: 20 },
    { range: 'bytes=10-', start: 10, end: 100 },
    { range: 'bytes=99-99', start: 99, end: 100 },
    { range: 'bytes=10-1000', start: 10, end: 100 },
  ])('gives the bytes of $range', ({ range, start, end }) => {
    expect(askedRange({ range }, file)).toEqual({ start, end });
    expect(askedRange({ range, 'if-range': '"a"' }, file)).toEqual({ start, end });
  });

  test.each([
    { headers: {} },
    { headers: { range: 'bytes=100-' } },
    { headers: { range: 'bytes=0-1, 3-4' } },
    { headers: { range: 'bytes=10-19', 'if-range': '"b"' } },
  ])('gives no part for $headers', ({ headers }) => {
    expect(askedRange(headers, file)).toBeUndefined();
  });
});
