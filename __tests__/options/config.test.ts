import pino from 'pino';
import winston from 'winston';
import { createCertificate } from '../../shared/certificate.ts';
import { resolveOptions } from '../../src/options/config.ts';
import type { TerminalStatuses } from '../../src/options/groups.ts';
import type { BalancingProxyOptions } from '../../src/options/options.ts';
import { addressesIn, problemOf, problemWith } from './problems.ts';

const endpoints = ['http://one.example'];
const { cert, key } = await createCertificate();
const resolve = (options: Partial<BalancingProxyOptions>) => resolveOptions({ endpoints, ...options });

const transport = {
  send: () => Promise.reject(new Error('not under test')),
  close: async () => {},
};

describe('resolveOptions without options', () => {
  const config = resolve({});

  test('fills in the documented defaults', () => {
    const { endpoints: _, terminalStatuses, preferStatuses, via, transport, ...rest } = config;
    expect(rest).toEqual({
      isUsable: undefined,
      inspectLimitBytes: 65_536,
      preferGraceMs: 100,
      strategy: 'race',
      unsafeMethods: undefined,
      hedge: {
        delayMs: 'p95',
        minDelayMs: 5,
        maxDelayMs: 2_000,
        budgetRatio: 0.2,
        budgetFloor: 3,
        maxConcurrent: 100,
      },
      maxAttempts: Infinity,
      order: undefined,
      maxInFlight: Infinity,
      loserGraceMs: 5,
      ejection: { consecutiveFailures: 5, baseMs: 1_000, maxMs: 30_000 },
      timeouts: { connectMs: 3_000, responseMs: 30_000, idleMs: 60_000, totalMs: Infinity, clientMs: Infinity },
      bodyLimitBytes: 1_048_576,
      largeBody: 'reject',
      pathRewrite: undefined,
      preserveHost: false,
      rewriteRequest: undefined,
      rewriteResponse: undefined,
      trustForwarded: undefined,
      exposeEndpoint: false,
      logger: undefined,
      logQuery: false,
      tls: undefined,
    });
  });

  test('prefers every status', () => {
    expect([100, 200, 404, 499, 500].filter(config.preferStatuses)).toEqual([100, 200, 404, 499, 500]);
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
    const names = Object.keys(config).filter((name) => name !== 'endpoints');
    const given = resolve(Object.fromEntries(names.map((name) => [name, undefined])));
    const made = { via: '', transport: 0, terminalStatuses: 0, preferStatuses: 0 };
    expect({ ...given, ...made }).toEqual({ ...config, ...made });
  });
});

describe('the result of resolveOptions', () => {
  test('is frozen, and so are its parts', () => {
    const config = resolve({ timeouts: { connectMs: 1 }, tls: { ca: cert } });
    const [endpoint] = addressesIn(config);
    const parts = [config, config.timeouts, config.hedge, config.ejection, config.tls, config.endpoints, endpoint];
    expect(parts.map(Object.isFrozen)).toEqual(parts.map(() => true));
  });

  test('does not change with the object that it was made of', () => {
    const given = { endpoints: ['http://one.example'], timeouts: { connectMs: 1 } };
    const config = resolveOptions(given);
    given.endpoints.push('http://two.example');
    given.timeouts.connectMs = 2;
    expect([addressesIn(config).length, config.timeouts.connectMs]).toEqual([1, 1]);
  });

  test('leaves frozen options as they are', () => {
    const given = Object.freeze({ endpoints: Object.freeze([...endpoints]), timeouts: Object.freeze({}) });
    expect(() => resolveOptions(given)).not.toThrow();
  });

  test('keeps 0 and false as values', () => {
    const given = {
      bodyLimitBytes: 0,
      inspectLimitBytes: 0,
      trustForwarded: false,
      ejection: false,
      hedge: { minDelayMs: 0, budgetRatio: 0, budgetFloor: 0 },
      tls: { rejectUnauthorized: false },
    };
    expect(resolve(given)).toMatchObject(given);
  });

  test('fills in the timeouts that were not given', () => {
    expect(resolve({ timeouts: { idleMs: 5 } }).timeouts).toEqual({
      connectMs: 3_000,
      responseMs: 30_000,
      idleMs: 5,
      totalMs: Infinity,
      clientMs: Infinity,
    });
  });

  test('fills in what was not given of hedge', () => {
    expect(resolve({ hedge: { delayMs: 50, budgetFloor: 0 } }).hedge).toEqual({
      delayMs: 50,
      minDelayMs: 5,
      maxDelayMs: 2_000,
      budgetRatio: 0.2,
      budgetFloor: 0,
      maxConcurrent: 100,
    });
  });

  test.each([
    [true, { consecutiveFailures: 5, baseMs: 1_000, maxMs: 30_000 }],
    [false, false],
    [{}, { consecutiveFailures: 5, baseMs: 1_000, maxMs: 30_000 }],
    [{ baseMs: 10 }, { consecutiveFailures: 5, baseMs: 10, maxMs: 30_000 }],
  ])('has for ejection %j: %j', (ejection, expected) => {
    expect(resolve({ ejection }).ejection).toEqual(expected);
  });

  test('has the very functions that were given', () => {
    const functions = {
      endpoints: () => [],
      isUsable: () => true,
      strategy: () => 'race' as const,
      pathRewrite: (path: string) => path,
      rewriteRequest: () => undefined,
      rewriteResponse: () => undefined,
      trustForwarded: () => true,
    };
    expect(resolveOptions(functions)).toMatchObject(functions);
  });

  test('verifies certificates when tls says nothing of it', () => {
    expect(resolve({ tls: { ca: cert } }).tls).toMatchObject({ rejectUnauthorized: true });
  });

  test('has the very transport that was given', () => {
    expect(resolve({ transport }).transport).toBe(transport);
  });
});

describe('a good value', () => {
  const good: ReadonlyArray<readonly [keyof BalancingProxyOptions, readonly unknown[]]> = [
    ['endpoints', [['http://one.example'], () => [], async () => []]],
    ['isUsable', [() => true, async () => true]],
    ['inspectLimitBytes', [0, 1, Number.MAX_SAFE_INTEGER]],
    ['preferStatuses', ['200,300', 200, ['2xx', 404], '200-204']],
    ['preferGraceMs', [0.5, 100, 2_147_483_647, Infinity]],
    ['strategy', ['race', 'hedge', 'failover', 'single', () => 'race']],
    ['unsafeMethods', ['race', 'hedge', 'failover', 'single']],
    ['hedge', [{}, { delayMs: undefined }]],
    ['hedge', ['p1', 'p50', 'p95', 'p99', 'p99.9', 0.5, 1, 2_147_483_647].map((delayMs) => ({ delayMs }))],
    ['hedge', [0, 0.5, 2_000].map((minDelayMs) => ({ minDelayMs }))],
    ['hedge', [{ maxDelayMs: 5 }, { maxDelayMs: Infinity }, { minDelayMs: 10_000, maxDelayMs: 10_000 }]],
    ['hedge', [0, 0.01, 1, 5, Infinity].map((budgetRatio) => ({ budgetRatio }))],
    ['hedge', [0, 1, 100, Infinity].map((budgetFloor) => ({ budgetFloor }))],
    ['hedge', [1, 100, Infinity].map((maxConcurrent) => ({ maxConcurrent }))],
    ['maxAttempts', [1, 2, 100, Infinity]],
    ['order', ['given', 'fastest', 'random']],
    ['maxInFlight', [1, 2, 100, Infinity]],
    ['loserGraceMs', [0, 0.5, 5, Infinity]],
    ['ejection', [true, false, {}]],
    ['ejection', [{ consecutiveFailures: 1 }, { consecutiveFailures: Infinity }, { baseMs: 1 }, { maxMs: Infinity }]],
    ['bodyLimitBytes', [0, 1, Number.MAX_SAFE_INTEGER]],
    ['largeBody', ['reject', 'stream']],
    ['pathRewrite', [(path: string) => path]],
    ['preserveHost', [true, false]],
    ['rewriteRequest', [() => undefined, async () => ({})]],
    ['rewriteResponse', [() => undefined, async () => ({})]],
    ['trustForwarded', [true, false, () => true]],
    ['via', ['me', "a!#$%&'*+-.^_`|~9"]],
    ['exposeEndpoint', [true, false]],
    ['logger', [console, pino(), winston.createLogger(), { info() {}, warn() {} }, Object.assign(() => {}, console)]],
    ['logQuery', [true, false]],
    [
      'timeouts',
      [
        {},
        { connectMs: 0.5 },
        { idleMs: 2_147_483_647 },
        { totalMs: Infinity },
        { clientMs: 1 },
        { responseMs: undefined },
      ],
    ],
    [
      'tls',
      [
        {},
        { ca: cert },
        { ca: Buffer.from(cert) },
        { ca: [cert, Buffer.from(cert)] },
        { cert, key },
        { cert: [cert], key: [key] },
      ],
    ],
    ['transport', [transport]],
  ];

  test.each(good.flatMap(([option, values]) => values.map((value) => ({ option, value }))))(
    'of $option is accepted: $value',
    ({ option, value }) => {
      expect(problemWith(option, value)).toBe('no problem');
    },
  );

  test('of preferStatuses is read like terminalStatuses', () => {
    const { preferStatuses } = resolve({ preferStatuses: ['3xx, 404', 410, '200-200'] });
    const statuses = [200, 201, 300, 399, 400, 404, 405, 410, 500];
    expect(statuses.filter(preferStatuses)).toEqual([200, 300, 399, 404, 410]);
  });

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
  const strategies = "expected one of 'race', 'hedge', 'failover', 'single'";
  const delay = "expected milliseconds above 0 and up to 2147483647, or a percentile such as 'p95'";
  const pem = 'expected a PEM string, a Buffer or an array of these';
  const bad: ReadonlyArray<readonly [string, unknown, string]> = [
    ['isUsable', true, '`isUsable`: expected a function, got true'],
    ['isUsable', null, '`isUsable`: expected a function, got null'],
    ['inspectLimitBytes', -1, '`inspectLimitBytes`: expected bytes, a whole number from 0, got -1'],
    ['inspectLimitBytes', Infinity, '`inspectLimitBytes`: expected bytes, a whole number from 0, got Infinity'],
    ['preferGraceMs', 0, `\`preferGraceMs\`: ${ms}, got 0`],
    ['preferGraceMs', '100', `\`preferGraceMs\`: ${ms}, got '100'`],
    ['strategy', 'Race', `\`strategy\`: ${strategies}, got 'Race'`],
    ['strategy', 'toString', `\`strategy\`: ${strategies}, got 'toString'`],
    ['strategy', null, `\`strategy\`: ${strategies}, got null`],
    ['strategy', ['race'], `\`strategy\`: ${strategies}, got [object Array]`],
    ['unsafeMethods', 'none', `\`unsafeMethods\`: ${strategies}, got 'none'`],
    ['unsafeMethods', Math.abs, `\`unsafeMethods\`: ${strategies}, got [Function: abs]`],
    ['unsafeMethods', null, `\`unsafeMethods\`: ${strategies}, got null`],
    ['hedge', 50, '`hedge`: expected an object, got 50'],
    ['hedge', 'p95', "`hedge`: expected an object, got 'p95'"],
    ['hedge', null, '`hedge`: expected an object, got null'],
    ['hedge', { delayMs: 0 }, `\`hedge.delayMs\`: ${delay}, got 0`],
    ['hedge', { delayMs: -1 }, `\`hedge.delayMs\`: ${delay}, got -1`],
    ['hedge', { delayMs: NaN }, `\`hedge.delayMs\`: ${delay}, got NaN`],
    ['hedge', { delayMs: Infinity }, `\`hedge.delayMs\`: ${delay}, got Infinity`],
    ['hedge', { delayMs: 2_147_483_648 }, `\`hedge.delayMs\`: ${delay}, got 2147483648`],
    ['hedge', { delayMs: '50' }, `\`hedge.delayMs\`: ${delay}, got '50'`],
    ['hedge', { delayMs: 'p0' }, `\`hedge.delayMs\`: ${delay}, got 'p0'`],
    ['hedge', { delayMs: 'p100' }, `\`hedge.delayMs\`: ${delay}, got 'p100'`],
    ['hedge', { delayMs: 'p95ms' }, `\`hedge.delayMs\`: ${delay}, got 'p95ms'`],
    ['hedge', { delayMs: 'P95' }, `\`hedge.delayMs\`: ${delay}, got 'P95'`],
    ['hedge', { delayMs: ['p95'] }, `\`hedge.delayMs\`: ${delay}, got [object Array]`],
    ['hedge', { delayMs: null }, `\`hedge.delayMs\`: ${delay}, got null`],
    ['hedge', { minDelayMs: -1 }, '`hedge.minDelayMs`: expected a number from 0, got -1'],
    ['hedge', { minDelayMs: NaN }, '`hedge.minDelayMs`: expected a number from 0, got NaN'],
    ['hedge', { minDelayMs: '5' }, "`hedge.minDelayMs`: expected a number from 0, got '5'"],
    ['hedge', { minDelayMs: 2_001 }, '`hedge.minDelayMs`: expected at most maxDelayMs, 2000, got 2001'],
    ['hedge', { maxDelayMs: 4 }, '`hedge.minDelayMs`: expected at most maxDelayMs, 4, got 5'],
    ['hedge', { maxDelayMs: 0 }, `\`hedge.maxDelayMs\`: ${ms}, got 0`],
    ['hedge', { budgetRatio: -0.1 }, '`hedge.budgetRatio`: expected a number from 0, got -0.1'],
    ['hedge', { budgetRatio: '20%' }, "`hedge.budgetRatio`: expected a number from 0, got '20%'"],
    ['hedge', { budgetFloor: 0.5 }, '`hedge.budgetFloor`: expected a whole number from 0, or Infinity, got 0.5'],
    ['hedge', { budgetFloor: -1 }, '`hedge.budgetFloor`: expected a whole number from 0, or Infinity, got -1'],
    ['hedge', { maxConcurrent: 0 }, '`hedge.maxConcurrent`: expected a whole number from 1, or Infinity, got 0'],
    ['hedge', { maxConcurrent: 1.5 }, '`hedge.maxConcurrent`: expected a whole number from 1, or Infinity, got 1.5'],
    ['maxAttempts', 0, '`maxAttempts`: expected a whole number from 1, or Infinity, got 0'],
    ['maxAttempts', 1.5, '`maxAttempts`: expected a whole number from 1, or Infinity, got 1.5'],
    ['maxAttempts', '2', "`maxAttempts`: expected a whole number from 1, or Infinity, got '2'"],
    ['order', 'Fastest', "`order`: expected one of 'given', 'fastest', 'random', got 'Fastest'"],
    ['order', null, "`order`: expected one of 'given', 'fastest', 'random', got null"],
    ['loserGraceMs', -1, '`loserGraceMs`: expected milliseconds from 0 to 2147483647, or Infinity, got -1'],
    ['loserGraceMs', '5', "`loserGraceMs`: expected milliseconds from 0 to 2147483647, or Infinity, got '5'"],
    ['maxInFlight', 0, '`maxInFlight`: expected a whole number from 1, or Infinity, got 0'],
    ['maxInFlight', -Infinity, '`maxInFlight`: expected a whole number from 1, or Infinity, got -Infinity'],
    ['ejection', 'on', "`ejection`: expected true, false or an object, got 'on'"],
    ['ejection', 0, '`ejection`: expected true, false or an object, got 0'],
    ['ejection', null, '`ejection`: expected true, false or an object, got null'],
    ['ejection', [], '`ejection`: expected true, false or an object, got []'],
    [
      'ejection',
      { consecutiveFailures: 0 },
      '`ejection.consecutiveFailures`: expected a whole number from 1, or Infinity, got 0',
    ],
    ['ejection', { baseMs: 0 }, `\`ejection.baseMs\`: ${ms}, got 0`],
    ['ejection', { maxMs: '30s' }, `\`ejection.maxMs\`: ${ms}, got '30s'`],
    ['largeBody', 'drop', "`largeBody`: expected one of 'reject', 'stream', got 'drop'"],
    ['largeBody', true, "`largeBody`: expected one of 'reject', 'stream', got true"],
    ['pathRewrite', '/v1', "`pathRewrite`: expected a function, got '/v1'"],
    ['pathRewrite', { '^/api': '' }, '`pathRewrite`: expected a function, got [object Object]'],
    ['preserveHost', 'yes', "`preserveHost`: expected true or false, got 'yes'"],
    ['preserveHost', 1, '`preserveHost`: expected true or false, got 1'],
    ['rewriteRequest', { 'X-Key': '1' }, '`rewriteRequest`: expected a function, got [object Object]'],
    ['rewriteResponse', false, '`rewriteResponse`: expected a function, got false'],
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
    [
      'logger',
      { info() {} },
      '`logger`: expected a logger with info() and warn() such as console, pino() or a logger of winston, got [object Object]',
    ],
    [
      'logger',
      'console',
      "`logger`: expected a logger with info() and warn() such as console, pino() or a logger of winston, got 'console'",
    ],
    ['logQuery', 1, '`logQuery`: expected true or false, got 1'],
    ['exposeEndpoint', 'yes', "`exposeEndpoint`: expected true or false, got 'yes'"],
    ['exposeEndpoint', 0, '`exposeEndpoint`: expected true or false, got 0'],
    ['timeouts', 5000, '`timeouts`: expected an object, got 5000'],
    ['timeouts', null, '`timeouts`: expected an object, got null'],
    ['timeouts', [], '`timeouts`: expected an object, got []'],
    ['timeouts', { connectMs: 0 }, `\`timeouts.connectMs\`: ${ms}, got 0`],
    ['timeouts', { responseMs: -1 }, `\`timeouts.responseMs\`: ${ms}, got -1`],
    ['timeouts', { idleMs: NaN }, `\`timeouts.idleMs\`: ${ms}, got NaN`],
    ['timeouts', { clientMs: 0 }, `\`timeouts.clientMs\`: ${ms}, got 0`],
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
  ])('of terminalStatuses and preferStatuses is refused: %j', (value, got) => {
    for (const option of ['terminalStatuses', 'preferStatuses']) {
      expect(problemWith(option, value)).toBe(`option \`${option}\`: expected ${statuses}, got ${got}`);
    }
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
    ['hedges', 'hedge'],
    ['ejections', 'ejection'],
    ['maxAttempt', 'maxAttempts'],
    ['preferStatus', 'preferStatuses'],
  ])('is a problem that names the nearest one: %s', (name, nearest) => {
    expect(problemWith(name, 1)).toBe(`option \`${name}\` is unknown; did you mean \`${nearest}\`?`);
  });

  test('is a problem that names all when none is near', () => {
    const problem = problemWith('changeOrigin', true);
    expect(problem).toMatch(/^option `changeOrigin` is unknown; known are endpoints, terminalStatuses, isUsable, /);
  });

  test.each([
    ['timeouts', { connectMS: 1 }, 'option `timeouts.connectMS` is unknown; did you mean `connectMs`?'],
    ['hedge', { delay: 50 }, 'option `hedge.delay` is unknown; did you mean `delayMs`?'],
    [
      'hedge',
      { quantile: 1 },
      'option `hedge.quantile` is unknown; known are delayMs, minDelayMs, maxDelayMs, budgetRatio, budgetFloor, maxConcurrent',
    ],
    ['hedge', { 'delayMs:5': null }, 'option `hedge.delayMs…` is unknown; did you mean `delayMs`?'],
    ['ejection', { baseMS: 1 }, 'option `ejection.baseMS` is unknown; did you mean `baseMs`?'],
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
      hedge: { delayMs: 0, budgetRatio: -1 },
      ejection: { baseMs: 0, maxMs: 0 },
      timeouts: { connectMs: 0, idleMs: -1, tootalMs: 1 },
      strategi: 'race',
    });
    expect(message.split('\n').map((line) => line.replace(/:? expected .*| is unknown.*/, ''))).toEqual([
      '14 problems:',
      '- option `strategi`',
      '- option `endpoints[0]`',
      '- option `endpoints[1].name`',
      '- option `endpoints[1].headers`',
      '- option `endpoints[1].headers.ok`',
      '- option `terminalStatuses`',
      '- option `terminalStatuses`',
      '- option `hedge.delayMs`',
      '- option `hedge.budgetRatio`',
      '- option `ejection.baseMs`',
      '- option `ejection.maxMs`',
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
