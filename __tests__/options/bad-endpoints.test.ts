import { problemWith } from './problems.ts';

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
    ...[-1, 0.5, Infinity, NaN].map((tier): [object, string] => [
      { tier },
      `\`endpoints[0].tier\`: expected a whole number from 0, got ${tier}`,
    ]),
    [{ tier: '1' }, "`endpoints[0].tier`: expected a whole number from 0, got '1'"],
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
