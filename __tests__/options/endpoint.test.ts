import type { EndpointAddress } from '../../src/endpoints/place/address.ts';
import type { EndpointOption } from '../../src/options/endpoint.ts';
import { parse, parseAll } from './parse-endpoints.ts';

describe('an endpoint', () => {
  const plain = { secure: false, basePath: '', baseQuery: '', headers: [] };
  test.each<[string, EndpointAddress]>([
    [
      'http://one.example',
      { ...plain, name: 'http://one.example', hostname: 'one.example', port: 80, host: 'one.example' },
    ],
    [
      'https://one.example:8443/base/?key=1',
      {
        name: 'https://one.example:8443/base',
        secure: true,
        hostname: 'one.example',
        port: 8443,
        host: 'one.example:8443',
        basePath: '/base',
        baseQuery: 'key=1',
        headers: [],
      },
    ],
    [
      'https://one.example',
      { ...plain, secure: true, name: 'https://one.example', hostname: 'one.example', port: 443, host: 'one.example' },
    ],
    ['http://[::1]:8080', { ...plain, name: 'http://[::1]:8080', hostname: '::1', port: 8080, host: '[::1]:8080' }],
    [
      'http://[2001:db8::1]',
      { ...plain, name: 'http://[2001:db8::1]', hostname: '2001:db8::1', port: 80, host: '[2001:db8::1]' },
    ],
    [
      'HTTP://ONE.example:80',
      { ...plain, name: 'http://one.example', hostname: 'one.example', port: 80, host: 'one.example' },
    ],
    [
      'http+unix://%2Fvar%2Frun%2FMy.sock/base?key=1',
      {
        ...plain,
        name: 'http+unix://%2Fvar%2Frun%2FMy.sock/base',
        hostname: 'localhost',
        port: 0,
        socketPath: '/var/run/My.sock',
        host: 'localhost',
        basePath: '/base',
        baseQuery: 'key=1',
      },
    ],
    [
      'http://user:pass@one.example',
      {
        ...plain,
        name: 'http://one.example',
        hostname: 'one.example',
        port: 80,
        host: 'one.example',
        authorization: `Basic ${btoa('user:pass')}`,
      },
    ],
  ])('is taken apart: %s', (url, address) => {
    expect(parse(url)).toEqual([address]);
  });

  test('may be a URL', () => {
    expect(parse(new URL('http://one.example/base'))).toEqual(parse('http://one.example/base'));
  });

  test('may be an object with a name and headers', () => {
    const [address] = parse({
      url: new URL('http://one.example'),
      name: 'one',
      headers: { 'X-Key': 'k', Accept: ['a', 'b'] },
    });
    expect(address).toMatchObject({ name: 'one', headers: ['X-Key', 'k', 'Accept', 'a', 'Accept', 'b'] });
  });

  test.each(['10.0.0.1', '::1', '2001:db8::1', '::ffff:10.0.0.1', 'fe80::1%eth0'])(
    'may have the address %s',
    (address) => {
      const [parsed] = parse({ url: 'https://api.internal', address });
      expect(parsed).toMatchObject({
        name: `https://api.internal (${address})`,
        hostname: 'api.internal',
        host: 'api.internal',
        connectTo: address,
        port: 443,
      });
    },
  );

  test('is in the tier that it is given, else in the first one', () => {
    const endpoints = parseAll(
      'http://one.example',
      { url: 'http://two.example' },
      { url: 'http://b.example', tier: 1 },
    );
    expect(endpoints.map(({ tier }) => tier)).toEqual([0, 0, 1]);
  });

  test('may have a name and header values beyond ASCII', () => {
    const [address] = parse({ url: 'http://one.example', name: 'Zürich', headers: { 'X-Town': 'Zürich' } });
    expect(address).toMatchObject({ name: 'Zürich', headers: ['X-Town', 'Zürich'] });
  });

  test.each([
    ['http://user:pass@one.example', 'user:pass'],
    ['http://user@one.example', 'user:'],
    ['http://:pass@one.example', ':pass'],
    ['http://us%3Aer:p%40ss%2F@one.example', 'us:er:p@ss/'],
    ['http://j%C3%BCrg:p%C3%A4ss@one.example', 'jürg:päss'],
    ['http+unix://user:pass@%2Fsock', 'user:pass'],
  ])('turns the credentials of its URL into Basic ones: %s', (url, credentials) => {
    const authorization = parse(url)[0]?.authorization ?? '';
    expect(Buffer.from(authorization.replace('Basic ', ''), 'base64').toString()).toBe(credentials);
  });

  test.each([
    ['http://user:hunter2@one.example/base?token=hunter2'],
    ['http+unix://user:hunter2@%2Fsock/base?token=hunter2'],
  ])('has no secret in its name: %s', (url) => {
    expect(parse(url)[0]?.name).not.toContain('hunter2');
  });
});

describe('the names of endpoints', () => {
  const one = 'http://one.example';
  test.each<[string, EndpointOption[], string[]]>([
    ['the same URL', [one, one, one], [one, `${one}#2`, `${one}#3`]],
    [
      'the same name',
      [
        { url: one, name: 'a' },
        { url: 'http://two.example', name: 'a' },
      ],
      ['a', 'a#2'],
    ],
    [
      'a name that looks like a counted one',
      [
        { url: one, name: 'a' },
        { url: one, name: 'a#2' },
        { url: one, name: 'a' },
      ],
      ['a', 'a#2', 'a#3'],
    ],
    [
      'a name that a counted one has taken',
      [
        { url: one, name: 'a' },
        { url: one, name: 'a' },
        { url: one, name: 'a#2' },
      ],
      ['a', 'a#2', 'a#2#2'],
    ],
    [
      'the same URL and other addresses',
      [
        { url: one, address: '10.0.0.1' },
        { url: one, address: '10.0.0.2' },
        { url: one, address: '10.0.0.1' },
      ],
      [`${one} (10.0.0.1)`, `${one} (10.0.0.2)`, `${one} (10.0.0.1)#2`],
    ],
    ['other queries and credentials', [`${one}?a`, `http://user@one.example?b`], [one, `${one}#2`]],
  ])('are distinct with %s', (_, endpoints, names) => {
    expect(parse(...endpoints).map(({ name }) => name)).toEqual(names);
  });
});
