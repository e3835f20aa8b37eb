import { createCertificate } from '../../../shared/certificate.ts';
import { fileSchema } from '../../../src/cli/config/file-schema.ts';
import { notInFiles } from '../../../src/cli/config/not-in-files.ts';
import { proxyOptions } from '../../../src/options/config.ts';
import { documented } from '../../../src/options/documented.ts';
import type { Schema } from '../../../src/support/parser/schema.ts';
import { optionsWith } from '../../fuzz/option-values.ts';
import { passesParser, passesSchema } from './file-verdicts.ts';

const { cert, key } = await createCertificate();

/** The options that a file may have, with their paths, such as `endpoints[].url`. */
const inFiles = documented(proxyOptions).filter(({ path }) => !notInFiles.has(path));

/** The schemas of an option, of which there is one for each kind of object that it may stand in. */
function schemasAt(path: string): readonly Schema[] {
  return path.split('.').reduce<readonly Schema[]>(
    (parents, step) => {
      const name = step.replace('[]', '');
      const found = parents.flatMap(kindsOf).flatMap(({ properties }) => properties?.[name] ?? []);
      return step === name ? found : found.flatMap(kindsOf).flatMap(({ items }) => items ?? []);
    },
    [fileSchema()],
  );
}

function kindsOf(schema: Schema): readonly Schema[] {
  return schema.anyOf ?? [schema];
}

describe('the schema of the file', () => {
  test('says which draft it is of', () => {
    expect(fileSchema().$schema).toBe('http://json-schema.org/draft-07/schema#');
  });

  test('knows the options that a file may have, where the schema is, and nothing else', () => {
    const names = Object.keys(proxyOptions).filter((name) => !notInFiles.has(name));
    expect(Object.keys(fileSchema().properties ?? {}).sort()).toEqual([...names, '$schema'].sort());
  });

  test('leaves it to a flag to name the endpoints', () => {
    expect(passesSchema({ strategy: 'hedge' })).toBe(true);
  });

  test.each(inFiles)('explains $path as the table of options does', ({ path, says, fallback }) => {
    const explained = schemasAt(path).map(({ description }) => description);
    const isRequired = fallback === undefined || fallback === 'required';
    expect([...new Set(explained)]).toEqual([isRequired ? `${says}.` : `${says}. Default: ${fallback}.`]);
  });

  test.each(inFiles.filter(({ fallback }) => fallback?.startsWith('`')))('has the default of $path', (option) => {
    const [{ default: byDefault } = {}] = schemasAt(option.path);
    const isInWords = byDefault === undefined;
    expect(isInWords ? undefined : `\`${typeof byDefault === 'string' ? `'${byDefault}'` : byDefault}\``).toBe(
      isInWords ? undefined : option.fallback,
    );
    const [code = ''] = /^`[^`]+`$/.exec(option.fallback ?? '') ?? [];
    expect(isInWords).toBe(code === '' || code === '`Infinity`');
  });

  test.each(['endpoint', 'time-outs'])('does not know %s', (name) => {
    const options = { ...optionsWith('strategy', 'race'), [name]: {} };
    expect([passesSchema(options), passesParser(options)]).toEqual([false, false]);
  });

  test.each(['hedge', 'timeouts', 'retry', 'ejection', 'tls', 'endpoints[].timeouts', 'endpoints[].tls'])(
    'knows no other fields of %s',
    (path) => {
      const options = optionsWith(path, { unheardOf: 1 });
      expect([passesSchema(options), passesParser(options)]).toEqual([false, false]);
    },
  );
});

const milliseconds = { good: [1, 0.5, 2_147_483_647, Infinity], bad: [0, -1, 2_147_483_648, '1s', null] };
const orNone = { good: [0, 5, Infinity], bad: [-1, 2_147_483_648, '1s', true] };
const shortTime = { good: [1, 2_147_483_647], bad: [0, Infinity, '1s'] };
const count = { good: [1, 1_000, Infinity], bad: [0, 1.5, '3', -Infinity] };
const countOrNone = { good: [0, 7, Infinity], bad: [-1, 0.5, '3'] };
const bytes = { good: [0, 65_536], bad: [-1, 1.5, Infinity, '64KiB'] };
const share = { good: [0, 0.05, 2], bad: [-0.1, '5%'] };
const truth = { good: [true, false], bad: ['true', 1, null] };
const strategy = { good: ['race', 'hedge', 'failover', 'single'], bad: ['hope', 'Race', true] };
const statuses = {
  good: ['100,200,300,400', 200, '2xx', '!429', '200-204, !203', ['2xx', 404, '500-599']],
  bad: ['700', 99, 1.5, '20', '', [], [[]], { 200: true }],
};
const pem = { bad: [7, { text: '' }, [7]] };
const identity = { cert, key };
const attribute = {
  good: ['', '/a b', {}, { '*': '', '/v1': '/' }],
  bad: ['a;b', 'a\nb', 7, [], { '*': 7 }, { a: ';' }],
};
const tlsVersion = { good: ['TLSv1', 'TLSv1.1', 'TLSv1.2', 'TLSv1.3'], bad: ['1.2', 'tlsv1.2', 1.2] };
const servername = { good: ['api.internal', 'a_b'], bad: ['api.internal.', '', 'a b', 7] };

/** Values for every option of a file that the command and the schema take, and some that both refuse. */
const values: Readonly<Record<string, { readonly good: readonly unknown[]; readonly bad: readonly unknown[] }>> = {
  endpoints: {
    good: [['http://a'], [{ url: 'https://a/base' }, 'http+unix://%2Ftmp%2Fa.sock/', { dns: 'http://b:80' }]],
    bad: [[], 'http://a.example', [7], ['one.com'], [{}], [{ url: 'http://a', dns: 'http://b' }], { url: 'http://a' }],
  },
  'endpoints[].url': { good: ['http://a.example', 'HTTPS://[::1]:8443/base?key=1'], bad: ['one.com', 'ftp://a', 7] },
  'endpoints[].name': { good: ['b', 'caf\u00e9'], bad: ['', 'a\nb', '\u20ac', 7] },
  'endpoints[].address': { good: ['10.0.0.1', '2001:db8::1', '::'], bad: ['a.example', '', 7] },
  'endpoints[].dns': { good: ['http://api.internal:8080/base'], bad: ['api.internal', 'ftp://api.internal', 7] },
  'endpoints[].record': { good: ['A', 'AAAA', 'SRV'], bad: ['MX', 'a', true] },
  'endpoints[].refreshMs': milliseconds,
  'endpoints[].servers': { good: [['10.0.0.53', '[2001:db8::53]:5353']], bad: ['10.0.0.53', [], [''], [53]] },
  'endpoints[].timeoutMs': shortTime,
  'endpoints[].headers': {
    good: [{}, { 'X-Key': 'abc' }, { 'X-Key': ['a', 'b'] }, { 'X-Key': [] }],
    bad: [[], 'X-Key: abc', { 'X Key': 'abc' }, { 'X-Key': 'a\nb' }, { 'X-Key': 7 }, { 'X-Key': [7] }],
  },
  'endpoints[].tier': { good: [0, 3], bad: [-1, 1.5, Infinity, '1'] },
  'endpoints[].timeouts': {
    good: [{}, { connectMs: 1, responseMs: 2, firstByteMs: 3, idleMs: Infinity }],
    bad: [7, { totalMs: 1 }, { connectMs: 0 }, { idleMs: '1s' }],
  },
  'endpoints[].tls': {
    good: [{}, { servername: 'a' }, { rejectUnauthorized: false }, { ca: [cert], ...identity }],
    bad: [true, { ca: 7 }, { ca: [] }, { servername: '' }, { rejectUnauthorized: 'no' }],
  },
  'endpoints[].maxInFlight': count,
  'endpoints[].terminalStatuses': statuses,
  terminalStatuses: statuses,
  inspectLimitBytes: bytes,
  preferStatuses: statuses,
  preferGraceMs: milliseconds,
  holdBytes: bytes,
  holdMs: orNone,
  winAt: { good: ['head', 'first-byte', 'first-event'], bad: ['tail', true] },
  resume: { good: ['range', 'replay', 'off'], bad: ['on', false] },
  maxResumes: countOrNone,
  strategy,
  unsafeMethods: strategy,
  hedge: { good: [{}, { delayMs: 'p95' }], bad: [true, [], 'auto'] },
  'hedge.delayMs': { good: ['auto', 'p50', 'p99.9', 20], bad: ['p0', 'p100', '20ms', 0, Infinity] },
  'hedge.minDelayMs': { good: [0, 5], bad: [-1, '5ms'] },
  'hedge.maxDelayMs': { good: [5, Infinity], bad: milliseconds.bad },
  'hedge.budgetRatio': share,
  'hedge.budgetFloor': countOrNone,
  'hedge.maxConcurrent': count,
  maxAttempts: count,
  tierDelayMs: orNone,
  retry: { good: [{}, { forMs: 5_000 }], bad: [true, 5_000] },
  'retry.forMs': orNone,
  'retry.everyMs': shortTime,
  order: { good: ['given', 'fastest', 'random'], bad: ['best', 1] },
  maxInFlight: count,
  loserGraceMs: orNone,
  ejection: { good: [true, false, {}, { failureRatio: 0.5 }], bad: ['on', 5, []] },
  'ejection.consecutiveFailures': count,
  'ejection.failureRatio': { good: [0.01, 1], bad: [0, 1.1, '50%', Infinity] },
  'ejection.minRequests': count,
  'ejection.baseMs': milliseconds,
  'ejection.maxMs': milliseconds,
  timeouts: { good: [{}, { idleMs: 5 }], bad: [5, 'none', []] },
  'timeouts.connectMs': milliseconds,
  'timeouts.responseMs': milliseconds,
  'timeouts.firstByteMs': milliseconds,
  'timeouts.idleMs': milliseconds,
  'timeouts.totalMs': milliseconds,
  'timeouts.clientMs': milliseconds,
  bodyLimitBytes: bytes,
  largeBody: { good: ['reject', 'stream'], bad: ['refuse', true] },
  pathRewrite: {
    good: [{}, { '^/api': '' }, { '^/(a|b)/': '/$1' }],
    bad: ['/v1', [], { '^/api': 7 }, { '^/': '/a b' }],
  },
  cookieDomainRewrite: attribute,
  cookiePathRewrite: attribute,
  locationRewrite: {
    good: [true, false, 'https://a.example', 'http://a.example:8080/base/'],
    bad: ['a.example', 'https://a.example/?b', 'https://a:b@c.example', 7, {}],
  },
  preserveHost: truth,
  trustForwarded: { good: [...truth.good, ['10.0.0.0/8', 'unix']], bad: [...truth.bad, [], [7], 'loopback'] },
  via: { good: ['edge-1', 'a.b'], bad: ['a b', '', 7] },
  xRequestId: truth,
  exposeEndpoint: truth,
  exposeAttempts: truth,
  logQuery: truth,
  tls: { good: [{}, identity, { ca: cert, rejectUnauthorized: true }], bad: [false, cert, { pem: cert }] },
  'tls.ca': { good: [cert, [cert, cert]], bad: [...pem.bad, []] },
  'tls.cert': { good: [], ...pem },
  'tls.key': { good: [], ...pem },
  'tls.rejectUnauthorized': truth,
  'tls.servername': servername,
  'tls.passphrase': { good: ['', 'a'], bad: [7, ['a']] },
  'tls.ciphers': { good: ['TLS_AES_128_GCM_SHA256'], bad: ['', 7] },
  'tls.minVersion': tlsVersion,
  // Older ones are below the oldest that Node itself takes, unless `minVersion` says otherwise.
  'tls.maxVersion': { ...tlsVersion, good: ['TLSv1.2', 'TLSv1.3'] },
};

describe('the values of an option', () => {
  test('are tried for each one that a file may have', () => {
    expect(Object.keys(values).sort()).toEqual(inFiles.map(({ path }) => path).sort());
  });

  const pairs = (kind: 'good' | 'bad') =>
    Object.entries(values).flatMap(([path, { [kind]: some }]) => some.map((value) => [path, value] as const));

  test.each(pairs('good'))('are taken for %s by the command and by the schema: %j', (path, value) => {
    const options = optionsWith(path, value);
    expect([passesParser(options), passesSchema(options)]).toEqual([true, true]);
  });

  test.each(pairs('bad'))('are refused for %s by the command and by the schema: %j', (path, value) => {
    const options = optionsWith(path, value);
    expect([passesParser(options), passesSchema(options)]).toEqual([false, false]);
  });
});
