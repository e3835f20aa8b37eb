import { formatBoundAddress, maxPathBytes, parseListenAddress } from '../../../../src/cli/flags/kinds/address.ts';

describe('parseListenAddress', () => {
  test.each([
    [':8080', undefined, 8080],
    [':0', undefined, 0],
    ['localhost:80', 'localhost', 80],
    ['0.0.0.0:65535', '0.0.0.0', 65_535],
    ['[::1]:8080', '::1', 8080],
    ['[fe80::1%eth0]:8080', 'fe80::1%eth0', 8080],
  ])('reads %s', (text, host, port) => {
    expect(parseListenAddress(text)).toEqual({ host, port });
  });

  test.each(['/run/app.sock', 'app.sock', './app.sock', '/', '/tmp/a:b', `/${'a'.repeat(maxPathBytes - 1)}`])(
    'reads unix:%s, if it may be a file',
    (file) => {
      expect(parseListenAddress(`unix:${file}`)).toEqual(file === '/' ? undefined : { path: file });
    },
  );

  test.each([
    'unix:',
    'unix:@abstract',
    'unix:\0abstract',
    'unix:/run/',
    'unix:/run/a\0b',
    `unix:/${'a'.repeat(maxPathBytes)}`,
    `unix:/${'\u00e4'.repeat(maxPathBytes / 2)}ab`,
    // Which is short enough, but not so the name that the socket has at first.
    `unix:/${'a'.repeat(maxPathBytes - 3)}/b`,
    '',
    ':',
    '8080',
    'localhost',
    'localhost:',
    '::1:8080',
    '[::1]',
    '[localhost]:80',
    ':65536',
    ':80a',
    'a b:1',
  ])('refuses %j', (text) => {
    expect(parseListenAddress(text)).toBeUndefined();
  });
});

describe('formatBoundAddress', () => {
  test.each([
    [undefined, { address: '::', family: 'IPv6', port: 8080 }, ':8080'],
    ['localhost', { address: '127.0.0.1', family: 'IPv4', port: 8080 }, '127.0.0.1:8080'],
    ['::1', { address: '::1', family: 'IPv6', port: 8080 }, '[::1]:8080'],
  ])('writes what was bound for the host %s', (host, bound, text) => {
    expect(formatBoundAddress({ host, port: 0 }, bound)).toBe(text);
  });

  test('writes the path that was asked for', () => {
    expect(formatBoundAddress({ path: '/run/app.sock' }, { path: '/run/.123456' })).toBe('unix:/run/app.sock');
  });
});
