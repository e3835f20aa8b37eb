import { isSupportedProtocol, keyOf, parseAddress } from '../../../src/endpoints/place/address.ts';

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

  test.each([
    ['http://api.internal:8080/base?key=1', '10.0.0.1', 'http://api.internal:8080/base (10.0.0.1)'],
    ['http://user:pass@api.internal', '2001:db8::1', 'http://api.internal (2001:db8::1)'],
  ])('shows in the name of %s the address %s that it is given', (url, address, name) => {
    expect(parseAddress({ url: new URL(url), address }).name).toBe(name);
  });

  test('shows no address in a name that it is given', () => {
    expect(parseAddress({ url: new URL('http://api.internal'), address: '10.0.0.1', name: 'one' }).name).toBe('one');
  });

  test('takes nothing but the place to connect to from the address', () => {
    const parts = { url: new URL('https://user:pass@api.internal:8443/base?key=1'), name: 'one' };
    const address = parseAddress({ ...parts, address: '10.0.0.1' });
    expect(address).toEqual({ ...parseAddress(parts), connectTo: '10.0.0.1' });
  });
});

describe('keyOf', () => {
  const base = { url: new URL('http://api.internal:8080/base?key=1'), name: 'one', address: '10.0.0.1' };
  test.each<[string, Partial<typeof base>]>([
    ['the address', { address: '10.0.0.2' }],
    ['the name', { name: 'two' }],
    ['the scheme', { url: new URL('https://api.internal:8080/base?key=1') }],
    ['the port', { url: new URL('http://api.internal:8081/base?key=1') }],
    ['the host', { url: new URL('http://other.internal:8080/base?key=1') }],
    ['the base path', { url: new URL('http://api.internal:8080/?key=1') }],
    ['the query', { url: new URL('http://api.internal:8080/base?key=2') }],
  ])('tells endpoints apart by %s', (_, other) => {
    expect(keyOf(parseAddress({ ...base, ...other }))).not.toBe(keyOf(parseAddress(base)));
  });

  test('tells one with an address from one without', () => {
    const { address: _, ...rest } = base;
    expect(keyOf(parseAddress(rest))).not.toBe(keyOf(parseAddress(base)));
  });

  test('knows an endpoint again', () => {
    expect(keyOf(parseAddress({ ...base, url: new URL(base.url) }))).toBe(keyOf(parseAddress(base)));
  });
});
