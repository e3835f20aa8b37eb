import { isSupportedProtocol, parseAddress } from '../../src/endpoints/address.ts';

describe('isSupportedProtocol', () => {
  test.each([
    ['http:', true],
    ['https:', true],
    ['http+unix:', true],
    ['http', false],
    ['ftp:', false],
    ['ws:', false],
  ])('of %s is %s', (protocol, isSupported) => {
    expect(isSupportedProtocol(protocol)).toBe(isSupported);
  });
});

describe('parseAddress', () => {
  test.each([
    ['http://one.example/', ''],
    ['http://one.example/a', '/a'],
    ['http://one.example/a/b///', '/a/b'],
    ['http://one.example//a//', '//a'],
    ['http://one.example/a%2F/', '/a%2F'],
    ['http+unix://%2Fsock', ''],
    ['http+unix://%2Fsock/', ''],
  ])('gives %s the base path %j', (url, basePath) => {
    expect(parseAddress({ url: new URL(url) }).basePath).toBe(basePath);
  });

  test.each([
    ['http://one.example', ''],
    ['http://one.example?', ''],
    ['http://one.example?a=1&b=%20', 'a=1&b=%20'],
    ['http://one.example??', '?'],
  ])('gives %s the base query %j', (url, baseQuery) => {
    expect(parseAddress({ url: new URL(url) }).baseQuery).toBe(baseQuery);
  });

  test('prefers the name and headers that it is given', () => {
    const address = parseAddress({ url: new URL('http://one.example'), name: 'one', headers: ['A', '1'] });
    expect(address).toMatchObject({ name: 'one', headers: ['A', '1'] });
  });
});
