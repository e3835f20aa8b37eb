import fc from 'fast-check';
import { endpointOptions } from '../../src/options/endpoint.ts';

/** What users may give for options, good and bad. */

/** It stands where passwords and tokens stand, and must come out of nothing. */
export const secret = 'hunter2';

export const junk = fc.anything({
  withBigInt: true,
  withBoxedValues: true,
  withDate: true,
  withMap: true,
  withNullPrototype: true,
  withObjectString: true,
  withSet: true,
  withSparseArray: true,
  withTypedArray: true,
});

const scheme = fc.constantFrom('http', 'https', 'http+unix', 'HTTP', 'ftp', 'ws', 'file', 'javascript', 'h t');
const host = fc.oneof(
  fc.constantFrom('', 'a.example', '[::1]', '[::1', '%', '%zz', '%2Ftmp%2Fsocket', '1.2.3.4:99999', 'a b', 'é', '@'),
  fc.string(),
);
const path = fc.oneof(fc.constantFrom('', '/', '/base', '?key=1', '#fragment', '/a b', '//'), fc.string());
const credentials = fc.constantFrom(
  '',
  `user:${secret}@`,
  `:${secret}@`,
  `${secret}@`,
  `%zz:${secret}@`,
  `@:${secret}@`,
);

export const url = fc.oneof(
  { weight: 4, arbitrary: fc.tuple(scheme, credentials, host, path).map(([s, c, h, p]) => `${s}://${c}${h}${p}`) },
  { weight: 1, arbitrary: fc.tuple(credentials, host, path).map((parts) => parts.join('')) },
);
const headerValue = fc.constantFrom<unknown>(`Bearer ${secret}`, `Bearer ${secret}\n`, `${secret}\0`, [secret, 1], 7);
const pem = fc.constantFrom<unknown>(secret, [secret], { secret }, Buffer.from(secret), [Buffer.from(secret)]);
const ownTls = fc.record(
  { ca: pem, cert: pem, key: pem, servername: fc.oneof(fc.string(), junk), rejectUnauthorized: fc.boolean() },
  { requiredKeys: [] },
);
export const endpoint = fc.oneof(
  { weight: 4, arbitrary: url },
  { weight: 1, arbitrary: fc.webUrl().map((text) => new URL(text)) },
  {
    weight: 3,
    arbitrary: fc.record(
      {
        url: fc.oneof(url, junk),
        name: fc.oneof(fc.string(), junk),
        headers: fc.oneof(fc.dictionary(fc.oneof(fc.constant('Authorization'), fc.string()), headerValue), junk),
        tier: fc.oneof(fc.nat(), junk),
        timeouts: fc.oneof(fc.record({ connectMs: fc.integer(), idleMs: junk }, { requiredKeys: [] }), junk),
        tls: fc.oneof(ownTls, junk),
        maxInFlight: fc.oneof(fc.nat(), junk),
        terminalStatuses: junk,
        junk,
      },
      { requiredKeys: [] },
    ),
  },
  { weight: 1, arbitrary: junk },
);

const words = fc.constantFrom('race', 'hedge', 'failover', 'single', 'given', 'fastest', 'random', 'reject', 'stream');
const traps = fc.constantFrom('constructor', 'toString', '__proto__');
const statuses = fc.oneof(fc.string(), fc.array(fc.oneof(fc.integer(), fc.constantFrom('200', '2xx', '1-2'))));

/** Values of the kinds that most options take. */
export const ofAnyKind = fc.oneof(fc.double(), fc.integer(), fc.boolean(), fc.func(junk), words, traps, fc.string());

/** What an option is given that takes something special. */
export const special: Readonly<Record<string, fc.Arbitrary<unknown>>> = {
  endpoints: fc.oneof(fc.array(endpoint), endpoint, fc.func(junk)),
  'endpoints[].url': url,
  'endpoints[].dns': url,
  'endpoints[].servers': fc.array(fc.oneof(fc.ipV4(), fc.ipV6(), fc.string())),
  'endpoints[].address': fc.oneof(fc.ipV4(), fc.ipV6(), fc.string()),
  'endpoints[].headers': fc.dictionary(fc.oneof(fc.constant('Authorization'), fc.string()), headerValue),
  'endpoints[].tier': fc.oneof(fc.nat(), fc.double()),
  'endpoints[].timeouts': fc.record({ connectMs: fc.double(), responseMs: fc.integer() }, { requiredKeys: [] }),
  'endpoints[].tls': ownTls,
  'endpoints[].terminalStatuses': statuses,
  terminalStatuses: statuses,
  preferStatuses: statuses,
  'hedge.delayMs': fc.oneof(fc.double(), fc.constantFrom('auto', 'p95', 'p0', 'p100', 'p99.9', 'p')),
  logger: fc.oneof(fc.constant(console), fc.record({ info: fc.func(junk), warn: fc.func(junk) }, { requiredKeys: [] })),
  trustForwarded: fc.oneof(
    fc.boolean(),
    fc.array(fc.oneof(fc.ipV4(), fc.constantFrom('10.0.0.0/8', 'unix'), fc.string())),
  ),
  pathRewrite: fc.dictionary(fc.oneof(fc.constant('^/api'), fc.string()), fc.oneof(fc.constant('/'), fc.string())),
  cookieDomainRewrite: fc.oneof(fc.string(), fc.dictionary(fc.string(), fc.string())),
  cookiePathRewrite: fc.oneof(fc.string(), fc.dictionary(fc.string(), fc.string())),
  locationRewrite: fc.oneof(fc.boolean(), url),
  'tls.ca': pem,
  'tls.cert': pem,
  'tls.key': pem,
  transport: fc.record({ send: fc.func(junk), close: fc.func(junk) }, { requiredKeys: [] }),
};

/** The options that give one a value beside good endpoints: `timeouts.idleMs` stands within `timeouts`. */
export function optionsWith(path: string, value: unknown): object {
  const good = { endpoints: ['http://one.example'] };
  const [group = '', field] = path.split(/\[?\]?\./);
  if (field === undefined) return { ...good, [group]: value };
  if (group === 'endpoints') {
    const place = field in endpointOptions ? 'url' : 'dns';
    return { endpoints: [{ [place]: 'http://one.example', [field]: value }] };
  }
  return { ...good, [group]: { [field]: value } };
}
