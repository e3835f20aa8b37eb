import { originFormOf } from '../../src/http/target.ts';

describe('originFormOf', () => {
  const bytes = [
    '/',
    '/a/../b',
    '//x',
    '//evil.example/x',
    '///',
    '/%2e%2E/',
    '/a|b"c',
    '/a?b?c',
    '/a#b',
    '/?',
    '*',
    '/\\x',
  ];
  test.each(bytes)('leaves %s as it is', (url) => {
    expect(originFormOf(url)).toBe(url);
  });

  test.each([
    ['http://evil.example/a/../b?c', '/a/../b?c'],
    ['HTTPS://user:pass@evil.example:8443/a', '/a'],
    ['http://evil.example', '/'],
    ['http://evil.example?a=1', '/?a=1'],
    ['http://evil.example//x', '//x'],
    ['http:///x', '/x'],
    ['ws+x.1-2://evil.example/a', '/a'],
    ['?a=1', '/?a=1'],
    ['', '/'],
    ['evil.example:443', '/evil.example:443'],
    ['a/b', '/a/b'],
    ['@evil.example/a', '/@evil.example/a'],
    ['1http://evil.example/a', '/1http://evil.example/a'],
    ['**', '/**'],
  ])('makes %s into %s', (url, path) => {
    expect(originFormOf(url)).toBe(path);
  });
});
