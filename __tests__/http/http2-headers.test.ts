import { groupForHttp2 } from '../../src/http/http2-headers.ts';

const grouped = (headers: readonly string[]) =>
  [...groupForHttp2(headers)].map(({ name, values }) => [name, ...values]);

describe('groupForHttp2', () => {
  test.each<[string, string[], string[][]]>([
    [
      'gives names in their order and case',
      ['X-A', '1', 'b', '2', 'x-a', '3'],
      [
        ['X-A', '1', '3'],
        ['b', '2'],
      ],
    ],
    ['gives a header of one value once', ['ETag', '"a"', 'etag', '"a"'], [['ETag', '"a"']]],
    ['gives the first where they differ', ['Content-Type', 'a/b', 'Content-Type', 'c/d'], [['Content-Type', 'a/b']]],
    ['joins lists', ['content-encoding', 'a', 'Content-Encoding', 'b'], [['content-encoding', 'a, b']]],
    ['keeps several cookies', ['Set-Cookie', 'a', 'Set-Cookie', 'b'], [['Set-Cookie', 'a', 'b']]],
    ['leaves out pseudo headers', [':status', '200', 'A', 'b'], [['A', 'b']]],
    [
      'takes blanks off the ends',
      ['A', ' \t b c\t ', 'B', '\t', 'C', ''],
      [
        ['A', 'b c'],
        ['B', ''],
        ['C', ''],
      ],
    ],
    ['gives nothing of nothing', [], []],
  ])('%s', (_, headers, expected) => {
    expect(grouped(headers)).toEqual(expected);
  });

  test.each(['Connection', 'HTTP2-Settings', 'keep-alive', 'Proxy-Connection', 'TE', 'Transfer-Encoding', 'Upgrade'])(
    'leaves out %s',
    (name) => {
      expect(grouped([name, 'trailers', 'A', 'b'])).toEqual([['A', 'b']]);
    },
  );
});
