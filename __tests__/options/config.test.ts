import pino from 'pino';
import winston from 'winston';
import { resolveOptions } from '../../src/options/config.ts';
import type { BalancingProxyOptions } from '../../src/options/options.ts';
import type { TerminalStatuses } from '../../src/options/statuses.ts';
import { cert, endpoints, key, transport } from './option-values.ts';
import { endpointsIn, problemWith } from './problems.ts';

/** Infinity is no share of failures. */
const ejectionDefaults = {
  consecutiveFailures: 5,
  failureRatio: Infinity,
  minRequests: 20,
  baseMs: 1_000,
  maxMs: 30_000,
};

const resolve = (options: Partial<BalancingProxyOptions>) => resolveOptions({ endpoints, ...options });

describe('resolveOptions without options', () => {
  const config = resolve({});

  test('fills in the documented defaults', () => {
    expect(config).toMatchObject({
      isUsable: undefined,
      inspectLimitBytes: 65_536,
      preferGraceMs: 100,
      holdBytes: 65_536,
      holdMs: 50,
      winAt: 'head',
      resume: 'range',
      maxResumes: 10,
      strategy: 'race',
      fallthrough: false,
      unsafeMethods: undefined,
      hedge: {
        delayMs: 'auto',
        minDelayMs: 5,
        maxDelayMs: 2_000,
        budgetRatio: 0.05,
        budgetFloor: 3,
        maxConcurrent: 100,
      },
      maxAttempts: Infinity,
      order: undefined,
      maxInFlight: Infinity,
      loserGraceMs: 5,
      ejection: ejectionDefaults,
      timeouts: {
        connectMs: 3_000,
        responseMs: 30_000,
        firstByteMs: Infinity,
        idleMs: 60_000,
        totalMs: Infinity,
        clientMs: Infinity,
      },
      bodyLimitBytes: 1_048_576,
      largeBody: 'reject',
      pathRewrite: undefined,
      preserveHost: false,
      rewriteRequest: undefined,
      rewriteResponse: undefined,
      cookieDomainRewrite: undefined,
      cookiePathRewrite: undefined,
      locationRewrite: false,
      trustForwarded: undefined,
      xRequestId: false,
      exposeEndpoint: false,
      exposeAttempts: false,
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
    const [endpoint] = endpointsIn(config);
    const parts = [config, config.timeouts, config.hedge, config.ejection, config.tls, config.endpoints];
    const own = [endpoint, endpoint?.address, endpoint?.settings];
    expect([...parts, ...own].every(Object.isFrozen)).toBe(true);
  });

  test('does not change with the object that it was made of', () => {
    const given = { endpoints: ['http://one.example'], timeouts: { connectMs: 1 } };
    const config = resolveOptions(given);
    given.endpoints.push('http://two.example');
    given.timeouts.connectMs = 2;
    expect([endpointsIn(config).length, config.timeouts.connectMs]).toEqual([1, 1]);
  });

  test('leaves frozen options as they are', () => {
    const given = Object.freeze({ endpoints: Object.freeze([...endpoints]), timeouts: Object.freeze({}) });
    expect(() => resolveOptions(given)).not.toThrow();
  });

  test('keeps 0 and false as values', () => {
    const given = {
      holdBytes: 0,
      holdMs: 0,
      maxResumes: 0,
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
      firstByteMs: Infinity,
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
      budgetRatio: 0.05,
      budgetFloor: 0,
      maxConcurrent: 100,
    });
  });

  test.each([
    [true, ejectionDefaults],
    [false, false],
    [{}, ejectionDefaults],
    [{ baseMs: 10 }, { ...ejectionDefaults, baseMs: 10 }],
    [{ failureRatio: 0.5 }, { ...ejectionDefaults, failureRatio: 0.5 }],
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
    ['holdBytes', [0, 1, Number.MAX_SAFE_INTEGER]],
    ['holdMs', [0, 0.5, 50, Infinity]],
    ['winAt', ['head', 'first-byte', 'first-event']],
    ['resume', ['range', 'replay', 'off']],
    ['maxResumes', [0, 1, Infinity]],
    ['isUsable', [() => true, async () => true]],
    ['inspectLimitBytes', [0, 1, Number.MAX_SAFE_INTEGER]],
    ['preferStatuses', ['200,300', 200, ['2xx', 404], '200-204']],
    ['preferGraceMs', [0.5, 100, 2_147_483_647, Infinity]],
    ['strategy', ['race', 'hedge', 'failover', 'single', () => 'race']],
    ['unsafeMethods', ['race', 'hedge', 'failover', 'single', () => 'single']],
    ['hedge', [{}, { delayMs: undefined }]],
    ['hedge', ['auto', 'p1', 'p50', 'p95', 'p99', 'p99.9', 0.5, 1, 2_147_483_647].map((delayMs) => ({ delayMs }))],
    ['hedge', [0, 0.5, 2_000].map((minDelayMs) => ({ minDelayMs }))],
    ['hedge', [{ maxDelayMs: 5 }, { maxDelayMs: Infinity }, { minDelayMs: 10_000, maxDelayMs: 10_000 }]],
    ['hedge', [0, 0.01, 1, 5, Infinity].map((budgetRatio) => ({ budgetRatio }))],
    ['hedge', [0, 1, 100, Infinity].map((budgetFloor) => ({ budgetFloor }))],
    ['hedge', [1, 100, Infinity].map((maxConcurrent) => ({ maxConcurrent }))],
    ['maxAttempts', [1, 2, 100, Infinity]],
    ['fallthrough', [true, false]],
    ['order', ['given', 'fastest', 'random']],
    ['maxInFlight', [1, 2, 100, Infinity]],
    ['loserGraceMs', [0, 0.5, 5, Infinity]],
    ['ejection', [true, false, {}]],
    ['ejection', [{ failureRatio: 0.01 }, { failureRatio: 1 }, { minRequests: 1 }, { minRequests: Infinity }]],
    ['ejection', [{ consecutiveFailures: 1 }, { consecutiveFailures: Infinity }, { baseMs: 1 }, { maxMs: Infinity }]],
    ['bodyLimitBytes', [0, 1, Number.MAX_SAFE_INTEGER]],
    ['largeBody', ['reject', 'stream']],
    ['pathRewrite', [(path: string) => path, {}, { '^/api': '' }, { '^/([a-z]+)/v1': '/$1' }]],
    ['cookieDomainRewrite', ['', 'a.example', {}, { '*': '', 'A.example': '.b.example' }]],
    ['cookiePathRewrite', ['', '/', { '/v1': '/' }]],
    ['locationRewrite', [true, false, 'https://a.example', 'HTTP://[::1]:8080/base/', new URL('https://a.example')]],
    ['preserveHost', [true, false]],
    ['rewriteRequest', [() => undefined, async () => ({})]],
    ['rewriteResponse', [() => undefined, async () => ({})]],
    ['trustForwarded', [true, false, () => true, ['10.0.0.0/8', '::1'], ['unix']]],
    ['xRequestId', [true, false]],
    ['via', ['me', "a!#$%&'*+-.^_`|~9"]],
    ['exposeEndpoint', [true, false]],
    ['exposeAttempts', [true, false]],
    ['logger', [console, pino(), winston.createLogger(), { info() {}, warn() {} }, Object.assign(() => {}, console)]],
    ['logQuery', [true, false]],
    [
      'timeouts',
      [
        {},
        { connectMs: 0.5 },
        { firstByteMs: 1 },
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

  test.each<[string | string[], number[]]>([
    ['100,200,300,400,!429', [200, 404, 428]],
    ['!429', [200, 404, 428]],
    [['!4xx', '!100'], [200]],
    ['!4xx,404', [404]],
    ['500,!500-502', [503]],
  ])('of terminalStatuses excludes with !: %j', (terminalStatuses, expected) => {
    const { terminalStatuses: isTerminal } = resolve({ terminalStatuses });
    expect([200, 404, 428, 429, 500, 503].filter(isTerminal)).toEqual(expected);
  });

  test('of preferStatuses excludes from all', () => {
    const { preferStatuses } = resolve({ preferStatuses: '!404' });
    expect([200, 404, 503].filter(preferStatuses)).toEqual([200, 503]);
  });
});
