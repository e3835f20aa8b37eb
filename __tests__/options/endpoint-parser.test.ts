import type { EndpointAddress } from '../../src/endpoints/address.ts';
import { resolveOptions } from '../../src/options/config.ts';
import { addressesFor, type EndpointsFunction } from '../../src/options/endpoint-parser.ts';
import type { EndpointOption } from '../../src/options/groups.ts';
import { clientRequest } from '../http/client-request.ts';
import { addressesIn, problemWith } from './problems.ts';

const parse = (...endpoints: EndpointOption[]) => addressesIn(resolveOptions({ endpoints }));

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
    ['other queries and credentials', [`${one}?a`, `http://user@one.example?b`], [one, `${one}#2`]],
  ])('are distinct with %s', (_, endpoints, names) => {
    expect(parse(...endpoints).map(({ name }) => name)).toEqual(names);
  });
});

describe('a bad endpoint', () => {
  const url = 'expected an absolute http(s) or http+unix URL';
  test.each<[unknown, string]>([
    ['one.com', `${url}, got 'one.com'`],
    ['/path', `${url}, got '/path'`],
    ['', `${url}, got ''`],
    ['http://', `${url}, got 'http://'`],
    ['http://one.example:99999', `${url}, got 'http://one.example:99999'`],
    ['ftp://one.example', `${url}, got 'ftp://one.example'`],
    ['localhost:8080', `${url}, got 'localhost:8080'`],
    ['http+unix:///var/run/x.sock', `${url}, got 'http+unix:///var/run/x.sock'`],
    ['http://one.example/#top', `${url} without a fragment, got 'http://one.example/#top'`],
    ['http+unix://%zz/', `${url} with valid % escapes, got 'http+unix://%zz/'`],
    ['http://us%zzer@one.example', `${url} with valid % escapes, got 'http://***@one.example'`],
    ['http://u%4:1p@one.example', `${url} with valid % escapes, got 'http://***@one.example'`],
    [80, `${url}, got 80`],
    [null, `${url}, got null`],
    [undefined, `${url}, got undefined`],
    [['http://one.example'], `${url}, got [object Array]`],
    [new URL('ftp://one.example'), `${url}, got 'ftp://one.example/'`],
    ['http://one.example:0', `${url} with a port above 0, got 'http://one.example:0'`],
    [
      'http+unix://relative.sock/',
      `${url}, the socket's absolute path with %2F for each slash, got 'http+unix://relative.sock/'`,
    ],
  ])('is refused with its place in the list: %j', (endpoint, problem) => {
    expect(problemWith('endpoints', ['http://good.example', endpoint])).toBe(`option \`endpoints[1]\`: ${problem}`);
  });

  test.each<[object, string]>([
    [{ url: undefined }, '`endpoints[0].url`: expected an absolute http(s) or http+unix URL, got undefined'],
    [{ url: 'x' }, "`endpoints[0].url`: expected an absolute http(s) or http+unix URL, got 'x'"],
    [{ name: '' }, "`endpoints[0].name`: expected a name of Latin-1 without control characters, got ''"],
    [{ name: 7 }, '`endpoints[0].name`: expected a name of Latin-1 without control characters, got 7'],
    [{ name: 'Łódź' }, "`endpoints[0].name`: expected a name of Latin-1 without control characters, got 'Łódź'"],
    [{ name: 'a\nb' }, "`endpoints[0].name`: expected a name of Latin-1 without control characters, got 'a\\nb'"],
    [
      { headers: ['x'] },
      '`endpoints[0].headers`: expected an object of header names and values, got a value of type object',
    ],
    [
      { headers: { 'Content-Length': '3' } },
      '`endpoints[0].headers.Content-Length`: expected a header that does not frame the message, got a value of type string',
    ],
    [
      { headers: { 'a b': 'x' } },
      "`endpoints[0].headers.a b`: expected a token of RFC 9110, letters, digits and hyphens, got 'a b'",
    ],
    [
      { headers: { a: 1 } },
      '`endpoints[0].headers.a`: expected a string of Latin-1 without control characters, got a value of type number',
    ],
    [
      { headers: { a: ['x', 'y\r\nz'] } },
      '`endpoints[0].headers.a`: expected a string of Latin-1 without control characters, got a value of type string',
    ],
  ])('is refused for the field that is wrong: %j', (endpoint, problem) => {
    expect(problemWith('endpoints', [{ url: 'http://one.example', ...endpoint }])).toBe(`option ${problem}`);
  });

  test.each<[unknown, string]>([
    [undefined, 'undefined'],
    [[], '[]'],
    ['http://one.example', "'http://one.example'"],
    [{ url: 'http://one.example' }, '[object Object]'],
    [Promise.resolve([]), '[object Promise]'],
    [new Set(['http://one.example']), '[object Set]'],
  ])('list is refused: %j', (endpoints, got) => {
    expect(problemWith('endpoints', endpoints)).toBe(
      `option \`endpoints\`: expected a non-empty array of URLs or a function that gives one, got ${got}`,
    );
  });

  test('in a hole of the list is refused', () => {
    const endpoints = ['http://one.example'];
    endpoints[2] = 'http://two.example';
    expect(problemWith('endpoints', endpoints)).toContain('`endpoints[1]`');
  });
});

describe('the message about a bad option', () => {
  const secret = 'hunter2';
  test.each<[string, unknown]>([
    ['an unknown scheme', [`ftp://user:${secret}@one.example`]],
    ['no scheme', [`user:${secret}@one.example`]],
    ['a missing slash', [`http:/user:${secret}@one.example/#top`]],
    ['a slash in the password', [`http://user:a/${secret}@one.example`]],
    ['an @ in the password', [`ftp://user:a@${secret}@one.example`]],
    ['a blank in the password', [`ftp://user:a ${secret}@one.example`]],
    ['a line end in the password', [`ftp://user:a\n${secret}@one.example`]],
    ['a quote in the password', [`ftp://user:'"\`${secret}@one.example`]],
    ['a secret as user name', [`ftp://${secret}@one.example`]],
    ['a fragment', [`http://user:${secret}@one.example/#top`]],
    ['a bad escape', [`http://user:%zz${secret}@one.example`]],
    ['a URL object', [new URL(`ftp://user:${secret}@one.example`)]],
    ['a string instead of the list', `http://user:${secret}@one.example`],
    ['a URL instead of the list', new URL(`http://user:${secret}@one.example`)],
    ['an object instead of the list', { url: `http://user:${secret}@one.example` }],
    ['a list within the list', [[`http://user:${secret}@one.example`]]],
    ['a header with a line end', [{ url: 'http://one.example', headers: { authorization: `Bearer ${secret}\n` } }]],
    ['a string instead of headers', [{ url: 'http://one.example', headers: `authorization: ${secret}` }]],
  ])('shows no credentials with %s', (_, endpoints) => {
    const problem = problemWith('endpoints', endpoints);
    expect(problem).toMatch(/^option `endpoints/);
    expect(problem).not.toContain(secret);
  });

  test.each<[string, unknown]>([
    ['tls', secret],
    ['tls', [secret]],
    ['tls', { key: { pem: secret } }],
    ['tls', { key: [secret, 1] }],
    ['transport', { password: secret }],
  ])('shows no secret of %s: %j', (option, value) => {
    const problem = problemWith(option, value);
    expect(problem).toMatch(/^option `/);
    expect(problem).not.toContain(secret);
  });

  test('is one line per problem even if the value has many', () => {
    expect(problemWith('endpoints', ['a\nb\nc'.repeat(100)]).split('\n')).toHaveLength(1);
  });

  test('cuts a value that is very long', () => {
    expect(problemWith('endpoints', ['x'.repeat(1_000_000)]).length).toBeLessThan(500);
  });
});

describe('the addresses for a request', () => {
  const req = clientRequest({ headers: ['X-Tenant', 'a'] });
  const addressesOf = (endpoints: EndpointsFunction) => addressesFor(req, resolveOptions({ endpoints }));

  test('are those of the list where there is one', async () => {
    const config = resolveOptions({ endpoints: ['http://one.example'] });
    await expect(addressesFor(req, config)).resolves.toBe(config.endpoints);
  });

  test.each<[string, EndpointsFunction]>([
    ['returns', ({ headers }) => [`http://${headers['x-tenant']}.example`]],
    ['resolves with', async ({ headers }) => [`http://${headers['x-tenant']}.example`]],
  ])('are those that the function %s', async (_, endpoints) => {
    await expect(addressesOf(endpoints)).resolves.toEqual(parse('http://a.example'));
  });

  test('are parsed like those of a list, with distinct names', async () => {
    const given = [
      'http://user:pass@one.example/base?a',
      { url: 'http://one.example/base', name: 'b' },
      'http://one.example/base',
    ];
    await expect(addressesOf(() => given)).resolves.toEqual(parse(...given));
  });

  test.each<[string, EndpointsFunction]>([
    ['returns', () => []],
    ['resolves with', async () => []],
  ])('may be none: %s []', async (_, endpoints) => {
    await expect(addressesOf(endpoints)).resolves.toEqual([]);
  });

  const oops = new Error('oops');
  test.each<[string, () => unknown]>([
    [
      'throws',
      () => {
        throw oops;
      },
    ],
    ['rejects', () => Promise.reject(oops)],
  ])('are an error with its cause when the function %s', async (_, endpoints) => {
    await expect(addressesOf(endpoints as EndpointsFunction)).rejects.toMatchObject({
      name: 'BalancingProxyError',
      code: 'ERR_BRP_ENDPOINTS',
      status: 500,
      message: 'the `endpoints` function failed: oops',
      cause: oops,
    });
  });

  const list = 'option `endpoints(req)`: expected an array of URLs';
  const url = 'expected an absolute http(s) or http+unix URL';
  test.each<[string, unknown, string]>([
    ['undefined', undefined, `${list}, got undefined`],
    ['one URL', 'http://one.example', `${list}, got 'http://one.example'`],
    ['a set', new Set(['http://one.example']), `${list}, got [object Set]`],
    ['a function', () => ['http://one.example'], `${list}, got [Function (anonymous)]`],
    ['a bad URL', ['http://good.example', 'one.com'], `option \`endpoints(req)[1]\`: ${url}, got 'one.com'`],
    [
      'a bad field',
      [{ url: 'http://one.example', nam: 'a' }],
      'option `endpoints(req)[0].nam` is unknown; did you mean `name`?',
    ],
    [
      'a secret in a bad URL',
      ['ftp://user:pass@one.example'],
      `option \`endpoints(req)[0]\`: ${url}, got 'ftp://***@one.example'`,
    ],
  ])('are an error that says what is wrong when the function gives %s', async (_, given, problem) => {
    await expect(addressesOf((() => given) as EndpointsFunction)).rejects.toMatchObject({
      code: 'ERR_BRP_ENDPOINTS',
      status: 500,
      message: `the \`endpoints\` function failed: ${problem}`,
    });
  });

  test('are an error that names every problem', async () => {
    const given = [{ url: 'one.com', name: '' }, 'two.com'];
    await expect(addressesOf(() => given)).rejects.toMatchObject({
      message: expect.stringMatching(
        /endpoints\(req\)\[0\]\.url.*\n.*endpoints\(req\)\[0\]\.name.*\n.*endpoints\(req\)\[1\]/,
      ),
    });
  });
});
