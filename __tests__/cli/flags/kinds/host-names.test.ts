import { isAmong, parseHostNames } from '../../../../src/cli/flags/kinds/host-names.ts';

describe('parseHostNames', () => {
  test.each([
    ['', []],
    ['proxy', ['proxy']],
    ['Proxy.Example.com, .ops.example,', ['proxy.example.com', '.ops.example']],
    ['*', ['*']],
    ['xn--bcher-kva.example,a_b', ['xn--bcher-kva.example', 'a_b']],
  ])('reads %j', (text, names) => {
    expect(parseHostNames(text)).toEqual(names);
  });

  test.each(['proxy:9090', 'http://proxy', '*.example.com', 'a..b', 'a.', '[::1]', 'a b', '.'])(
    'takes no %j',
    (text) => {
      expect(parseHostNames(text)).toBeUndefined();
    },
  );
});

describe('isAmong', () => {
  test.each([
    ['a.example', true],
    ['b.a.example', false],
    ['b.c.example', true],
    ['c.example', false],
    ['bc.example', false],
  ])('says of %s: %s', (name, expected) => {
    expect(isAmong(['a.example', '.c.example'], name)).toBe(expected);
  });

  test('says yes to all with *', () => {
    expect(isAmong(['*'], 'a.example')).toBe(true);
  });
});
