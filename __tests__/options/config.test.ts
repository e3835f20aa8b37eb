import { resolveOptions } from '../../src/options/config.ts';
import type { BalancingProxyOptions, TerminalStatuses } from '../../src/options/options.ts';
import { problemOf, problemWith } from './problems.ts';

const endpoints = ['http://one.example'];
const resolve = (options: Partial<BalancingProxyOptions>) => resolveOptions({ endpoints, ...options });

const transport = {
  send: () => Promise.reject(new Error('not under test')),
  close: async () => {},
};

describe('resolveOptions without options', () => {
  const config = resolve({});

  test('fills in the documented defaults', () => {
    expect(config).toMatchObject({
      strategy: 'race',
      timeouts: { connectMs: 3_000, responseMs: 30_000, idleMs: 60_000, totalMs: Infinity },
      bodyLimitBytes: 1_048_576,
      trustForwarded: undefined,
      exposeEndpoint: false,
      tls: undefined,
    });
  });

  test.each([
    [100, true],
    [204, true],
    [302, true],
    [404, true],
    [499, true],
    [500, false],
    [599, false],
  ])('takes the status %d for terminal: %s', (status, isTerminal) => {
    expect(config.terminalStatuses(status)).toBe(isTerminal);
  });

  test('makes up a pseudonym that no other proxy has', () => {
    expect(config.via).toMatch(/^balancing-reverse-proxy-[0-9a-f]{8}$/);
    expect(resolve({}).via).not.toBe(config.via);
  });

  test('makes a transport', () => {
    expect(config.transport).toEqual({ send: expect.any(Function), close: expect.any(Function) });
  });

  test('treats undefined like an option that is not there', () => {
    const names = ['strategy', 'timeouts', 'bodyLimitBytes', 'trustForwarded', 'exposeEndpoint', 'tls', 'transport'];
    const given = resolve(Object.fromEntries([...names, 'terminalStatuses', 'via'].map((name) => [name, undefined])));
    expect({ ...given, via: '', transport: 0, terminalStatuses: 0 }).toEqual({
      ...config,
      via: '',
      transport: 0,
      terminalStatuses: 0,
    });
  });
});

describe('the result of resolveOptions', () => {
  test('is frozen, and so are its parts', () => {
    const config = resolve({ timeouts: { connectMs: 1 }, tls: { ca: 'pem' } });
    const [endpoint] = config.endpoints;
    const parts = [config, config.timeouts, config.tls, config.endpoints, endpoint];
    expect(parts.map(Object.isFrozen)).toEqual([true, true, true, true, true]);
  });

  test('does not change with the object that it was made of', () => {
    const given = { endpoints: ['http://one.example'], timeouts: { connectMs: 1 } };
    const config = resolveOptions(given);
    given.endpoints.push('http://two.example');
    given.timeouts.connectMs = 2;
    expect([config.endpoints.length, config.timeouts.connectMs]).toEqual([1, 1]);
  });

  test('leaves frozen options as they are', () => {
    const given = Object.freeze({ endpoints: Object.freeze([...endpoints]), timeouts: Object.freeze({}) });
    expect(() => resolveOptions(given)).not.toThrow();
  });

  test('keeps 0 and false as values', () => {
    const config = resolve({ bodyLimitBytes: 0, trustForwarded: false, tls: { rejectUnauthorized: false } });
    expect(config).toMatchObject({ bodyLimitBytes: 0, trustForwarded: false, tls: { rejectUnauthorized: false } });
  });

  test('fills in the timeouts that were not given', () => {
    expect(resolve({ timeouts: { idleMs: 5 } }).timeouts).toEqual({
      connectMs: 3_000,
      responseMs: 30_000,
      idleMs: 5,
      totalMs: Infinity,
    });
  });

  test('verifies certificates when tls says nothing of it', () => {
    expect(resolve({ tls: { ca: 'pem' } }).tls).toMatchObject({ rejectUnauthorized: true });
  });

  test('has the very transport that was given', () => {
    expect(resolve({ transport }).transport).toBe(transport);
  });
});

describe('a good value', () => {
  const good: ReadonlyArray<readonly [keyof BalancingProxyOptions, readonly unknown[]]> = [
    ['strategy', ['race', 'failover']],
    ['bodyLimitBytes', [0, 1, Number.MAX_SAFE_INTEGER]],
    ['trustForwarded', [true, false, () => true]],
    ['via', ['me', "a!#$%&'*+-.^_`|~9"]],
    ['exposeEndpoint', [true, false]],
    ['timeouts', [{}, { connectMs: 0.5 }, { idleMs: 2_147_483_647 }, { totalMs: Infinity }, { responseMs: undefined }]],
    [
      'tls',
      [{}, { ca: 'pem' }, { ca: Buffer.from('pem') }, { ca: ['pem', Buffer.from('pem')] }, { cert: 'c', key: 'k' }],
    ],
    ['transport', [transport]],
  ];

  test.each(good.flatMap(([option, values]) => values.map((value) => ({ option, value }))))(
    'of $option is accepted: $value',
    ({ option, value }) => {
      expect(problemWith(option, value)).toBe('no problem');
    },
  );

  test.each<[TerminalStatuses, number[]]>([
    ['200', [200, 299]],
    [200, [200, 299]],
    ['2xx', [200, 299]],
    ['404', [404, 404]],
    [404, [404, 404]],
    ['200-204', [200, 204]],
    ['200-200', [200, 200]],
    [[200], [200, 299]],
    [['200-200'], [200, 200]],
    [' 2XX ', [200, 299]],
    ['100-599', [100, 599]],
  ])('of terminalStatuses is a range: %j', (terminalStatuses, [first, last]) => {
    const { terminalStatuses: isTerminal } = resolve({ terminalStatuses });
    const all = [...Array(700).keys()].filter(isTerminal);
    expect([all.at(0), all.at(-1)]).toEqual([first, last]);
  });

  test('of terminalStatuses may mix all forms', () => {
    const { terminalStatuses } = resolve({ terminalStatuses: ['3xx, 404', 410, '200-200'] });
    const statuses = [200, 201, 300, 399, 400, 404, 405, 410, 500];
    expect(statuses.filter(terminalStatuses)).toEqual([200, 300, 399, 404, 410]);
  });
});

describe('a bad value', () => {
  const ms = 'expected milliseconds above 0 and up to 2147483647, or Infinity';
  const pem = 'expected a PEM string, a Buffer or an array of these';
  const bad: ReadonlyArray<readonly [string, unknown, string]> = [
    ['strategy', 'Race', "`strategy`: expected one of 'race', 'failover', got 'Race'"],
    ['strategy', 'toString', "`strategy`: expected one of 'race', 'failover', got 'toString'"],
    ['strategy', null, "`strategy`: expected one of 'race', 'failover', got null"],
    ['bodyLimitBytes', -1, '`bodyLimitBytes`: expected bytes, a whole number from 0, got -1'],
    ['bodyLimitBytes', 1.5, '`bodyLimitBytes`: expected bytes, a whole number from 0, got 1.5'],
    ['bodyLimitBytes', '1mb', "`bodyLimitBytes`: expected bytes, a whole number from 0, got '1mb'"],
    ['bodyLimitBytes', Infinity, '`bodyLimitBytes`: expected bytes, a whole number from 0, got Infinity'],
    ['trustForwarded', 1, '`trustForwarded`: expected true, false or a function of the request, got 1'],
    [
      'trustForwarded',
      'loopback',
      "`trustForwarded`: expected true, false or a function of the request, got 'loopback'",
    ],
    ['via', '', "`via`: expected a token of RFC 9110, letters, digits and hyphens, got ''"],
    ['via', 'a b', "`via`: expected a token of RFC 9110, letters, digits and hyphens, got 'a b'"],
    ['via', 'a\r\nX: y', "`via`: expected a token of RFC 9110, letters, digits and hyphens, got 'a\\r\\nX: y'"],
    ['via', 7, '`via`: expected a token of RFC 9110, letters, digits and hyphens, got 7'],
    ['exposeEndpoint', 'yes', "`exposeEndpoint`: expected true or false, got 'yes'"],
    ['exposeEndpoint', 0, '`exposeEndpoint`: expected true or false, got 0'],
    ['timeouts', 5000, '`timeouts`: expected an object, got 5000'],
    ['timeouts', null, '`timeouts`: expected an object, got null'],
    ['timeouts', [], '`timeouts`: expected an object, got []'],
    ['timeouts', { connectMs: 0 }, `\`timeouts.connectMs\`: ${ms}, got 0`],
    ['timeouts', { responseMs: -1 }, `\`timeouts.responseMs\`: ${ms}, got -1`],
    ['timeouts', { idleMs: NaN }, `\`timeouts.idleMs\`: ${ms}, got NaN`],
    ['timeouts', { totalMs: 2_147_483_648 }, `\`timeouts.totalMs\`: ${ms}, got 2147483648`],
    ['timeouts', { totalMs: '5s' }, `\`timeouts.totalMs\`: ${ms}, got '5s'`],
    ['timeouts', { totalMs: null }, `\`timeouts.totalMs\`: ${ms}, got null`],
    ['tls', true, '`tls`: expected an object, got a value of type boolean'],
    ['tls', { ca: 1 }, `\`tls.ca\`: ${pem}, got 1`],
    ['tls', { cert: {} }, `\`tls.cert\`: ${pem}, got [object Object]`],
    ['tls', { key: ['pem', 1] }, `\`tls.key\`: ${pem}, got [object Array]`],
    ['tls', { rejectUnauthorized: 'no' }, "`tls.rejectUnauthorized`: expected true or false, got 'no'"],
    ['transport', 'got', "`transport`: expected a transport such as gotTransport(), got 'got'"],
    ['transport', { send() {} }, '`transport`: expected a transport such as gotTransport(), got [object Object]'],
    ['transport', Math.abs, '`transport`: expected a transport such as gotTransport(), got [Function: abs]'],
  ];

  test.each(bad)('of %s is refused with its name, what was expected and what came: %j', (option, value, problem) => {
    expect(problemWith(option, value)).toBe(`option ${problem}`);
  });

  const statuses = "statuses from 100 to 599 such as '100,200,300,400', '2xx', '404' or '200-204'";
  test.each<[unknown, string]>([
    ['', "''"],
    ['99', "'99'"],
    ['600', "'600'"],
    [99, '99'],
    [600, '600'],
    ['300-200', "'300-200'"],
    ['6xx', "'6xx'"],
    ['2x', "'2x'"],
    ['200-', "'200-'"],
    ['200,', "''"],
    [200.5, '200.5'],
    [[], '[]'],
    [null, 'null'],
    [[200, {}], '[object Object]'],
    [[[200]], '[object Array]'],
    [Math.abs, '[Function: abs]'],
  ])('of terminalStatuses is refused: %j', (value, got) => {
    expect(problemWith('terminalStatuses', value)).toBe(
      `option \`terminalStatuses\`: expected ${statuses}, got ${got}`,
    );
  });

  test.each([
    [undefined, 'undefined'],
    [null, 'null'],
    [endpoints, '[object Array]'],
    ['http://one.example', "'http://one.example'"],
  ])('instead of the options themselves is refused: %j', (value, got) => {
    expect(problemOf(value)).toBe(`option \`options\`: expected an object, got ${got}`);
  });
});

describe('an unknown option', () => {
  test.each([
    ['terminalstatus', 'terminalStatuses'],
    ['endpoint', 'endpoints'],
    ['timeout', 'timeouts'],
    ['VIA', 'via'],
  ])('is a problem that names the nearest one: %s', (name, nearest) => {
    expect(problemWith(name, 1)).toBe(`option \`${name}\` is unknown; did you mean \`${nearest}\`?`);
  });

  test('is a problem that names all when none is near', () => {
    const problem = problemWith('changeOrigin', true);
    expect(problem).toMatch(/^option `changeOrigin` is unknown; known are endpoints, terminalStatuses, strategy, /);
  });

  test.each([
    ['timeouts', { connectMS: 1 }, 'option `timeouts.connectMS` is unknown; did you mean `connectMs`?'],
    [
      'tls',
      { rejectUnauthorised: true },
      'option `tls.rejectUnauthorised` is unknown; did you mean `rejectUnauthorized`?',
    ],
    [
      'endpoints',
      [{ url: 'http://one.example', header: {} }],
      'option `endpoints[0].header` is unknown; did you mean `headers`?',
    ],
  ])('is a problem when it is nested in %s', (option, value, problem) => {
    expect(problemWith(option, value)).toBe(problem);
  });

  test('is a problem even when its value is undefined', () => {
    expect(problemWith('strateggy', undefined)).toContain('did you mean `strategy`?');
  });
});

describe('several problems', () => {
  test('are told in one error, one on each line', () => {
    const message = problemOf({
      endpoints: ['one.com', { url: 'http://two.example', name: '', headers: { 'bad name': 'x', ok: '\n' } }],
      terminalStatuses: '99,200,700',
      timeouts: { connectMs: 0, idleMs: -1, tootalMs: 1 },
      strategi: 'race',
    });
    expect(message.split('\n').map((line) => line.replace(/:? expected .*| is unknown.*/, ''))).toEqual([
      '10 problems:',
      '- option `strategi`',
      '- option `endpoints[0]`',
      '- option `endpoints[1].name`',
      '- option `endpoints[1].headers.bad name`',
      '- option `endpoints[1].headers.ok`',
      '- option `terminalStatuses`',
      '- option `terminalStatuses`',
      '- option `timeouts.tootalMs`',
      '- option `timeouts.connectMs`',
      '- option `timeouts.idleMs`',
    ]);
  });

  test('are one error of status 500', () => {
    expect(() => resolveOptions({ endpoints: [], bodyLimitBytes: -1 })).toThrow(
      expect.objectContaining({ name: 'BalancingProxyError', code: 'ERR_BRP_OPTIONS', status: 500 }),
    );
  });
});
