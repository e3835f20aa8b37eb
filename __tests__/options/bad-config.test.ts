import { resolveOptions } from '../../src/options/config.ts';
import { strategyNames } from '../../src/race/strategies/strategies.ts';
import { endpoints } from './option-values.ts';
import { problemOf, problemWith } from './problems.ts';

describe('a bad value', () => {
  const ms = 'expected milliseconds above 0 and up to 2147483647, or Infinity';
  const strategies = `expected one of ${strategyNames.map((name) => `'${name}'`).join(', ')}`;
  const delay = "expected milliseconds above 0 and up to 2147483647, a percentile such as 'p95', or 'auto'";
  const pem = 'expected a PEM string, a Buffer or an array of these';
  const share = 'expected a number above 0 and up to 1';
  const rewrite = "expected a function, or an object of regular expressions and texts such as { '^/api/v1/': '/v1/' }";
  const attribute = 'expected a text without semicolons, or an object of such texts';
  const base = "expected true, false or an http(s) URL without a query such as 'https://www.example.com'";
  const bad: ReadonlyArray<readonly [string, unknown, string]> = [
    ['holdBytes', -1, '`holdBytes`: expected bytes, a whole number from 0, got -1'],
    ['holdBytes', Infinity, '`holdBytes`: expected bytes, a whole number from 0, got Infinity'],
    ['holdMs', -1, '`holdMs`: expected milliseconds from 0 to 2147483647, or Infinity, got -1'],
    ['winAt', 'end', "`winAt`: expected one of 'head', 'first-byte', 'first-event', got 'end'"],
    ['resume', false, "`resume`: expected one of 'range', 'replay', 'off', got false"],
    ['maxResumes', 1.5, '`maxResumes`: expected a whole number from 0, or Infinity, got 1.5'],
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
    ['unsafeMethods', null, `\`unsafeMethods\`: ${strategies}, got null`],
    ['fallthrough', 'yes', "`fallthrough`: expected true or false, got 'yes'"],
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
    ['hedge', { delayMs: 'Auto' }, `\`hedge.delayMs\`: ${delay}, got 'Auto'`],
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
    ['ejection', { failureRatio: 0 }, `\`ejection.failureRatio\`: ${share}, got 0`],
    ['ejection', { failureRatio: 1.01 }, `\`ejection.failureRatio\`: ${share}, got 1.01`],
    ['ejection', { failureRatio: Infinity }, `\`ejection.failureRatio\`: ${share}, got Infinity`],
    ['ejection', { failureRatio: Number.NaN }, `\`ejection.failureRatio\`: ${share}, got NaN`],
    ['ejection', { failureRatio: '0.5' }, `\`ejection.failureRatio\`: ${share}, got '0.5'`],
    ['ejection', { minRequests: 0 }, '`ejection.minRequests`: expected a whole number from 1, or Infinity, got 0'],
    ['ejection', { baseMs: 0 }, `\`ejection.baseMs\`: ${ms}, got 0`],
    ['ejection', { maxMs: '30s' }, `\`ejection.maxMs\`: ${ms}, got '30s'`],
    ['largeBody', 'drop', "`largeBody`: expected one of 'reject', 'stream', got 'drop'"],
    ['largeBody', true, "`largeBody`: expected one of 'reject', 'stream', got true"],
    ['pathRewrite', '/v1', `\`pathRewrite\`: ${rewrite}, got '/v1'`],
    ['pathRewrite', ['^/api'], `\`pathRewrite\`: ${rewrite}, got [object Array]`],
    ['pathRewrite', { '^/api': 7 }, '`pathRewrite.^/api`: expected a part of a path without blanks, got 7'],
    ['pathRewrite', { '^/api': '/a b' }, "`pathRewrite.^/api`: expected a part of a path without blanks, got '/a b'"],
    [
      'pathRewrite',
      { '^/(': '/' },
      '`pathRewrite`: expected regular expressions, but Invalid regular expression: /^/(/: Unterminated group',
    ],
    ['cookieDomainRewrite', 7, `\`cookieDomainRewrite\`: ${attribute}, got 7`],
    ['cookieDomainRewrite', 'a; Secure', `\`cookieDomainRewrite\`: ${attribute}, got 'a; Secure'`],
    ['cookieDomainRewrite', ['a'], `\`cookieDomainRewrite\`: ${attribute}, got [object Array]`],
    ['cookiePathRewrite', { '*': '/\n' }, `\`cookiePathRewrite.*\`: ${attribute}, got '/\\n'`],
    ['cookiePathRewrite', { '*': false }, `\`cookiePathRewrite.*\`: ${attribute}, got false`],
    ['locationRewrite', 'www.example.com', `\`locationRewrite\`: ${base}, got 'www.example.com'`],
    ['locationRewrite', 'https://a.example/?b', `\`locationRewrite\`: ${base}, got 'https://a.example/?***'`],
    ['locationRewrite', 'https://user:pass@a.example', `\`locationRewrite\`: ${base}, got 'https://***@a.example'`],
    ['locationRewrite', 'ftp://a.example', `\`locationRewrite\`: ${base}, got 'ftp://a.example'`],
    ['locationRewrite', new URL('https://a.example/#b'), `\`locationRewrite\`: ${base}, got 'https://a.example/#***'`],
    ['locationRewrite', 1, `\`locationRewrite\`: ${base}, got 1`],
    ['preserveHost', 'yes', "`preserveHost`: expected true or false, got 'yes'"],
    ['preserveHost', 1, '`preserveHost`: expected true or false, got 1'],
    ['rewriteRequest', { 'X-Key': '1' }, '`rewriteRequest`: expected a function, got [object Object]'],
    ['rewriteResponse', false, '`rewriteResponse`: expected a function, got false'],
    ['bodyLimitBytes', -1, '`bodyLimitBytes`: expected bytes, a whole number from 0, got -1'],
    ['bodyLimitBytes', 1.5, '`bodyLimitBytes`: expected bytes, a whole number from 0, got 1.5'],
    ['bodyLimitBytes', '1mb', "`bodyLimitBytes`: expected bytes, a whole number from 0, got '1mb'"],
    ['bodyLimitBytes', Infinity, '`bodyLimitBytes`: expected bytes, a whole number from 0, got Infinity'],
    [
      'trustForwarded',
      1,
      "`trustForwarded`: expected true, false, a list of addresses and networks such as ['10.0.0.0/8'], or a function of the request, got 1",
    ],
    [
      'trustForwarded',
      'loopback',
      "`trustForwarded`: expected true, false, a list of addresses and networks such as ['10.0.0.0/8'], or a function of the request, got 'loopback'",
    ],
    ['trustForwarded', [], '`trustForwarded`: expected at least one address or network, got []'],
    [
      'trustForwarded',
      ['10.0.0.0/8', '10.0.0.1/33'],
      '`trustForwarded[1]`: expected an IP address, a network such as 10.0.0.0/8 or fd00::/8, or one of loopback, linklocal, ' +
        "uniquelocal, unix, got '10.0.0.1/33'",
    ],
    [
      'trustForwarded',
      [10],
      '`trustForwarded[0]`: expected an IP address, a network such as 10.0.0.0/8 or fd00::/8, or one of loopback, linklocal, ' +
        'uniquelocal, unix, got 10',
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
    ['xRequestId', 'no', "`xRequestId`: expected true or false, got 'no'"],
    ['exposeAttempts', 'no', "`exposeAttempts`: expected true or false, got 'no'"],
    ['exposeEndpoint', 0, '`exposeEndpoint`: expected true or false, got 0'],
    ['timeouts', 5000, '`timeouts`: expected an object, got 5000'],
    ['timeouts', null, '`timeouts`: expected an object, got null'],
    ['timeouts', [], '`timeouts`: expected an object, got []'],
    ['timeouts', { connectMs: 0 }, `\`timeouts.connectMs\`: ${ms}, got 0`],
    ['timeouts', { responseMs: -1 }, `\`timeouts.responseMs\`: ${ms}, got -1`],
    ['timeouts', { firstByteMs: 0 }, `\`timeouts.firstByteMs\`: ${ms}, got 0`],
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

  const statuses = "statuses from 100 to 599 such as '100,200,300,400', '2xx', '404', '200-204' or '!429'";
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

  test.each(['200,!2xx', '!100-599'])('of terminalStatuses leaves nothing: %j', (value) => {
    expect(problemWith('terminalStatuses', value)).toBe(
      `option \`terminalStatuses\`: expected statuses of which some are left, got '${value}'`,
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
