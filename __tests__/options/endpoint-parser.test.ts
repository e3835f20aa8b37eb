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
    ['http://one.example/#top', `${url} without a fragment, got 'http://one.example/#***'`],
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
    ...['api.internal', '[::1]', '10.0.0.1:80', '10.0.0', '', 'http://10.0.0.1'].map((address): [object, string] => [
      { address },
      `\`endpoints[0].address\`: expected an IP address such as '10.0.0.1' or '2001:db8::1', got '${address}'`,
    ]),
    [{ address: 7 }, "`endpoints[0].address`: expected an IP address such as '10.0.0.1' or '2001:db8::1', got 7"],
    ...['http://10.0.0.2', 'https://[::1]:8443', 'http+unix://%2Fsock'].map((url): [object, string] => [
      { url, address: '10.0.0.1' },
      "`endpoints[0].address`: expected an address only beside a URL with a host name, got '10.0.0.1'",
    ]),
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
      '`endpoints[0].headers`: expected names of letters, digits and hyphens (tokens of RFC 9110), got another one; in YAML, a blank has to follow the colon',
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
    ['a query', [`htp://one.example/path?key=${secret}`]],
    ['a query of what is no URL at all', [`one.example/?key=${secret}`]],
    ['a fragment that is the secret', [`http://one.example/#${secret}`]],
    ['a header whose value is a part of its name', [{ url: 'http://one.example', headers: { [`A:${secret}`]: null } }]],
    ['a field whose value is a part of its name', [{ url: 'http://one.example', [`name:${secret}`]: null }]],
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

  const { freeze } = Object;
  test.each<[string, readonly EndpointOption[]]>([
    ['of strings', freeze(['http://one.example'])],
    ['of objects', freeze([freeze({ url: 'http://one.example', name: 'a', address: '10.0.0.1' })])],
    ['with headers', freeze([freeze({ url: 'http://one.example', headers: freeze({ a: 'x', b: freeze(['y']) }) })])],
  ])('are parsed once where the same list %s is frozen', async (_, list) => {
    const first = await addressesOf(() => list);
    expect(first).toEqual(parse(...list));
    expect(await addressesOf(async () => list)).toBe(first);
  });

  test.each<[string, (url: string) => readonly EndpointOption[], (list: never, url: string) => void]>([
    ['the list', (url) => [url], (list: string[], url) => void list.splice(0, 1, url)],
    ['an endpoint', (url) => freeze([{ url }]), ([one]: [{ url: string }], url) => Object.assign(one, { url })],
    [
      'a URL',
      (url) => freeze([freeze({ url: freeze(new URL(url)) })]),
      ([one]: [{ url: URL }], url) => void Object.assign(one.url, { href: url }),
    ],
    ['a bare URL', (url) => freeze([new URL(url)]), ([one]: [URL], url) => void Object.assign(one, { href: url })],
  ])('are those of this moment where %s may change', async (_, make, change) => {
    const list = make('http://one.example');
    expect(await addressesOf(() => list)).toEqual(parse('http://one.example'));
    change(list as never, 'http://two.example');
    expect(await addressesOf(() => list)).toEqual(parse('http://two.example'));
  });

  test('have the headers of this moment where these may change', async () => {
    const headers = { a: 'x' };
    const list = freeze([freeze({ url: 'http://one.example', headers })]);
    await addressesOf(() => list);
    headers.a = 'y';
    expect((await addressesOf(() => list))[0]?.headers).toEqual(['a', 'y']);
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
      message: 'the `endpoints` function failed',
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
      message: 'the `endpoints` function failed',
      cause: expect.objectContaining({ message: expect.stringContaining(problem) }),
    });
  });

  test('are an error that names every problem', async () => {
    const given = [{ url: 'one.com', name: '' }, 'two.com'];
    await expect(addressesOf(() => given)).rejects.toMatchObject({
      cause: {
        message: expect.stringMatching(
          /endpoints\(req\)\[0\]\.url.*\n.*endpoints\(req\)\[0\]\.name.*\n.*endpoints\(req\)\[1\]/,
        ),
      },
    });
  });
});
