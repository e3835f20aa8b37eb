import { contentLengthOf, namesOf, stripHopByHop, valuesOf, without } from '../../src/http/headers.ts';

const list = Object.freeze(['Accept', 'a', 'X-One', '1', 'accept', 'b', 'X-Two', '']);

describe('stripHopByHop', () => {
  test.each([
    'Connection',
    'Keep-Alive',
    'Proxy-Authenticate',
    'Proxy-Authorization',
    'Proxy-Connection',
    'TE',
    'Transfer-Encoding',
    'Upgrade',
    'uPGRADE',
  ])('takes %s off', (name) => {
    expect(stripHopByHop(['A', '1', name, 'x', 'B', '2'])).toEqual(['A', '1', 'B', '2']);
  });

  test.each(['Trailer', 'Via', 'Host', 'Content-Length', 'Cookie', 'Expect'])('keeps %s', (name) => {
    expect(stripHopByHop([name, 'x'])).toEqual([name, 'x']);
  });

  test('keeps case, order and repeats', () => {
    expect(stripHopByHop(list)).toEqual(list);
  });

  test.each([
    [
      ['Connection', 'close, X-One'],
      ['Accept', 'a', 'accept', 'b', 'X-Two', ''],
    ],
    [
      ['connection', 'x-one,ACCEPT'],
      ['X-Two', ''],
    ],
    [
      ['Connection', ' X-One ', 'Connection', 'x-two'],
      ['Accept', 'a', 'accept', 'b'],
    ],
    [['Connection', ''], list],
    [['Connection', ', ,'], list],
    [['Connection', 'x'], list],
  ])('takes off what %j names', (connection, kept) => {
    expect(stripHopByHop([...connection, ...list])).toEqual(kept);
    expect(stripHopByHop([...list, ...connection])).toEqual(kept);
  });

  test('takes off the pseudo headers of HTTP/2', () => {
    expect(stripHopByHop([':method', 'GET', ':authority', 'x', 'A', '1'])).toEqual(['A', '1']);
  });

  test('gives an empty list for an empty one', () => {
    expect(stripHopByHop([])).toEqual([]);
  });
});

describe('without', () => {
  test('takes off every header of the names, in any case', () => {
    expect(without(list, new Set(['accept', 'x-two']))).toEqual(['X-One', '1']);
  });

  test('keeps all without names', () => {
    expect(without(list, new Set())).toEqual(list);
  });
});

describe('valuesOf', () => {
  test.each([
    ['accept', ['a', 'b']],
    ['x-two', ['']],
    ['a', []],
    ['1', []],
  ])('gives all of %s in order', (name, values) => {
    expect(valuesOf(list, name)).toEqual(values);
  });
});

describe('namesOf', () => {
  test('gives each name once, in lower case', () => {
    expect([...namesOf(list)]).toEqual(['accept', 'x-one', 'x-two']);
  });
});

describe('contentLengthOf', () => {
  test.each<[string[], number | undefined]>([
    [['Content-Length', '0'], 0],
    [['content-length', '42'], 42],
    [[], undefined],
    [['Content-Length', ''], undefined],
    [['Content-Length', '-1'], undefined],
    [['Content-Length', '1.5'], undefined],
    [['Content-Length', '0x10'], undefined],
    [['Content-Length', '1e3'], undefined],
    [['Content-Length', ' 5'], undefined],
    [['Content-Length', '5, 5'], undefined],
    [['Content-Length', '5', 'content-length', '5'], undefined],
  ])('reads %j', (headers, length) => {
    expect(contentLengthOf(headers)).toBe(length);
  });
});
