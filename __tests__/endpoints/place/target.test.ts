import { parseAddress } from '../../../src/endpoints/place/address.ts';
import { targetFor } from '../../../src/endpoints/place/target.ts';

describe('targetFor', () => {
  const targetAt = (endpoint: string, url: string) => targetFor(parseAddress({ url: new URL(endpoint) }), url);

  describe('an endpoint without base path and query', () => {
    test.each(['/', '/a/../b', '//x', '/%2e%2E/|"', '/a?', '/a?b#c', '*'])('gives it %s byte for byte', (url) => {
      expect(targetAt('http://one.example', url)).toBe(url);
    });

    test.each(['http://one.example', 'http://one.example/', 'http://one.example//'])('is one at %s', (endpoint) => {
      expect(targetAt(endpoint, '/a')).toBe('/a');
    });

    test('gives it no origin that the client chose', () => {
      expect(targetAt('http://one.example', 'http://evil.example/a')).toBe('/a');
    });
  });

  test.each([
    ['/', '/base/'],
    ['/a', '/base/a'],
    ['/a?b=1', '/base/a?b=1'],
    ['/a/../b', '/base/a/../b'],
    ['/../..', '/base/../..'],
    ['//x', '/base//x'],
    ['/%2e', '/base/%2e'],
    ['/?', '/base/?'],
    ['?a', '/base/?a'],
    ['', '/base/'],
    ['*', '/base'],
    ['http://evil.example/a?b', '/base/a?b'],
  ])('puts a base path in front of %s', (url, target) => {
    expect(targetAt('http://one.example/base', url)).toBe(target);
    expect(targetAt('http://one.example/base/', url)).toBe(target);
  });

  test.each([
    ['/', '/?key=1'],
    ['/a', '/a?key=1'],
    ['/a?b=2', '/a?key=1&b=2'],
    ['/a?b?c', '/a?key=1&b?c'],
    ['/a?', '/a?key=1&'],
    ['//x?y', '//x?key=1&y'],
    ['*', '*'],
    ['http://evil.example?b', '/?key=1&b'],
  ])('puts a base query in front of that of %s', (url, target) => {
    expect(targetAt('http://one.example?key=1', url)).toBe(target);
  });

  test.each([
    ['/a', '/base/a?key=1'],
    ['/a?b=2', '/base/a?key=1&b=2'],
    ['*', '/base'],
  ])('puts both in front of %s', (url, target) => {
    expect(targetAt('http+unix://%2Fsock/base?key=1', url)).toBe(target);
  });
});
