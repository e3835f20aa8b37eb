import { createPrivateKey } from 'node:crypto';
import { createCertificate } from '../../shared/certificate.ts';
import { type ConfiguredEndpoint, noOverrides } from '../../src/endpoints/place/configured-endpoint.ts';
import type { EndpointOptions } from '../../src/index.ts';
import { resolveOptions } from '../../src/options/config.ts';
import { listParser } from '../../src/options/endpoints.ts';
import type { BalancingProxyOptions } from '../../src/options/options.ts';
import { endpointsIn, problemOf, problemWith } from './problems.ts';

const url = 'http://one.example';
const [one, two] = [await createCertificate(), await createCertificate()];

/** The settings of one endpoint, as the code works with them. */
function settingsOf(own: Partial<EndpointOptions>, general: Partial<BalancingProxyOptions> = {}) {
  const [endpoint] = endpointsIn(resolveOptions({ endpoints: [{ url, ...own }], ...general }));
  return { ...endpoint?.settings, maxInFlight: endpoint?.maxInFlight };
}

describe('the settings of an endpoint', () => {
  test('are none of its own where it has none', () => {
    const endpoints = endpointsIn(resolveOptions({ endpoints: [url, { url }, { url, tier: 1, maxInFlight: 3 }] }));
    for (const { settings } of endpoints) expect(settings).toBe(noOverrides);
  });

  test('take the place of the general limits of time one by one', () => {
    const general = { timeouts: { connectMs: 1, responseMs: 2, firstByteMs: 3, idleMs: 4 } };
    const { timeouts } = settingsOf({ timeouts: { responseMs: 20, idleMs: Infinity } }, general);
    expect(timeouts).toMatchObject({ connectMs: 1, responseMs: 20, firstByteMs: 3, idleMs: Infinity });
  });

  test('leave the defaults where there is nothing general either', () => {
    const { timeouts } = settingsOf({ timeouts: { responseMs: 20 } });
    expect(timeouts).toMatchObject({ connectMs: 3_000, responseMs: 20, firstByteMs: Infinity, idleMs: 60_000 });
  });

  test.each([
    ['200', [200, 204], [404, 500]],
    ['!429', [200, 404], [429, 500]],
    [
      ['4xx', 503],
      [404, 503],
      [200, 500],
    ],
  ])('replace the general terminal statuses: %j', (terminalStatuses, terminal, others) => {
    const settings = settingsOf({ terminalStatuses }, { terminalStatuses: '5xx' });
    expect(terminal.map((status) => settings.terminalStatuses?.(status))).toEqual(terminal.map(() => true));
    expect(others.map((status) => settings.terminalStatuses?.(status))).toEqual(others.map(() => false));
  });

  test('take the place of the fields of the general tls one by one', () => {
    const general = { tls: { ca: one.cert, servername: 'one.internal', rejectUnauthorized: false } };
    const { tls } = settingsOf({ tls: { servername: 'two.internal' } }, general);
    expect(tls).toMatchObject({ ca: one.cert, servername: 'two.internal', rejectUnauthorized: false });
    expect(settingsOf({ tls: { rejectUnauthorized: true } }, general).tls).toMatchObject({
      servername: 'one.internal',
      rejectUnauthorized: true,
    });
  });

  test('may have the key that belongs to the general certificate, or both of their own', () => {
    const half = { tls: { cert: one.cert, key: one.key } };
    expect(settingsOf({ tls: { key: one.key } }, half).tls).toMatchObject({ cert: one.cert, key: one.key });
    const locked = createPrivateKey(two.key).export({
      type: 'pkcs8',
      format: 'pem',
      cipher: 'aes-256-cbc',
      passphrase: 'x',
    });
    const own = { cert: two.cert, key: String(locked) };
    expect(settingsOf({ tls: own }, { tls: { passphrase: 'x' } }).tls).toMatchObject(own);
    expect(settingsOf({ tls: { cert: Buffer.from(two.cert), key: two.key } }, half).tls).toMatchObject({
      cert: two.cert,
      key: two.key,
    });
  });

  test('have the same tls object for equal certificates of one proxy, by which connections are kept', () => {
    const tls = () => ({ ca: [Buffer.from(one.cert)], servername: 'one.internal' });
    const parse = listParser(resolveOptions({ endpoints: [url] }));
    const other = listParser(resolveOptions({ endpoints: [url], tls: { rejectUnauthorized: false } }));
    const tlsOf = (list: readonly ConfiguredEndpoint[]) => list.map(({ settings }) => settings.tls);
    const [first, second] = tlsOf(
      parse([
        { url, tls: tls() },
        { url, tls: tls() },
      ]),
    );
    const [again] = tlsOf(parse([{ url, tls: tls() }]));
    const [foreign] = tlsOf(other([{ url, tls: tls() }]));
    const [changed] = tlsOf(parse([{ url, tls: { ...tls(), servername: 'two.internal' } }]));
    expect([second, again].every((one) => one === first)).toBe(true);
    expect(foreign).toMatchObject({ rejectUnauthorized: false });
    expect(changed).toMatchObject({ servername: 'two.internal' });
  });

  test('do not change with the bytes that they were read from', () => {
    const ca = Buffer.from(one.cert);
    const { tls } = settingsOf({ tls: { ca } });
    ca.fill(0);
    expect(tls?.ca).toBe(one.cert);
  });

  test('have a limit of attempts and responses under way', () => {
    expect(settingsOf({ maxInFlight: 2 }, { maxInFlight: 5 }).maxInFlight).toBe(2);
    expect(settingsOf({}, { maxInFlight: 5 }).maxInFlight).toBeUndefined();
  });

  test('are frozen', () => {
    const { timeouts } = settingsOf({ timeouts: { idleMs: 1 } });
    expect(Object.isFrozen(timeouts)).toBe(true);
  });
});

describe('a bad setting of an endpoint', () => {
  const ms = 'milliseconds above 0 and up to 2147483647, or Infinity';
  test.each<[object, string]>([
    [{ timeouts: { connectMs: 0 } }, `\`endpoints[1].timeouts.connectMs\`: expected ${ms}, got 0`],
    [{ timeouts: { idleMs: '1s' } }, `\`endpoints[1].timeouts.idleMs\`: expected ${ms}, got '1s'`],
    [{ timeouts: 5 }, '`endpoints[1].timeouts`: expected an object, got 5'],
    [
      { timeouts: { totalMs: 5 } },
      '`endpoints[1].timeouts.totalMs` is unknown; known are connectMs, responseMs, firstByteMs, idleMs',
    ],
    [{ timeouts: { conectMs: 5 } }, '`endpoints[1].timeouts.conectMs` is unknown; did you mean `connectMs`?'],
    [
      { tls: { servername: '10.0.0.1' } },
      "`endpoints[1].tls.servername`: expected a host name such as 'api.internal', without a final dot, got '10.0.0.1'",
    ],
    [{ tls: { ca: 'x' } }, '`endpoints[1].tls.ca`: expected certificates in PEM, got something else'],
    [{ tls: { serverName: 'x' } }, '`endpoints[1].tls.serverName` is unknown; did you mean `servername`?'],
    [{ tls: 'secret' }, '`endpoints[1].tls`: expected an object, got a value of type string'],
    [
      { tls: { key: one.key } },
      '`endpoints[1].tls.cert`: expected the certificate that belongs to `endpoints[1].tls.key`, got none',
    ],
    [
      { tls: { cert: one.cert, key: two.key } },
      '`endpoints[1].tls.cert`: expected a certificate in PEM, with its key in `endpoints[1].tls.key`, but OpenSSL says: key values mismatch',
    ],
    [{ maxInFlight: 0 }, '`endpoints[1].maxInFlight`: expected a whole number from 1, or Infinity, got 0'],
    [
      { terminalStatuses: '!1xx,!2xx,!3xx,!4xx' },
      "`endpoints[1].terminalStatuses`: expected statuses of which some are left, got '!1xx,!2xx,!3xx,!4xx'",
    ],
  ])('is refused with its place: %j', (own, problem) => {
    expect(problemWith('endpoints', [url, { url, ...own }])).toBe(`option ${problem}`);
  });

  test('is refused where it does not go together with a general one, in all endpoints that have it', () => {
    const endpoints = [{ url, tls: { key: two.key } }, url, { url, tls: { cert: two.cert } }];
    const lines = problemOf({ endpoints, tls: one }).split('\n');
    expect(lines).toEqual([
      '2 problems:',
      expect.stringMatching(/^- option `endpoints\[0\]\.tls\.cert`: .*key values mismatch$/),
      expect.stringMatching(/^- option `endpoints\[2\]\.tls\.cert`: .*key values mismatch$/),
    ]);
  });

  test('is told with its place in the list of a function', () => {
    const parse = listParser(resolveOptions({ endpoints: [url], tls: one }));
    expect(() => parse([url, { url, tls: { key: two.key } }])).toThrow(/^option `endpoints\(req\)\[1\]\.tls\.cert`/);
  });
});
