import fc from 'fast-check';
import { BalancingProxyError, createBalancingProxy } from '../../src/index.ts';
import { proxyOptions } from '../../src/options/config.ts';
import { documented } from '../../src/options/documented.ts';
import type { AnyOptions } from '../../src/support/parser/option.ts';
import { bounded, seedTitle } from './seed.ts';

/** It stands where passwords and tokens stand, and must come out of nothing. */
const secret = 'hunter2';

const junk = fc.anything({
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

const url = fc.oneof(
  { weight: 4, arbitrary: fc.tuple(scheme, credentials, host, path).map(([s, c, h, p]) => `${s}://${c}${h}${p}`) },
  { weight: 1, arbitrary: fc.tuple(credentials, host, path).map((parts) => parts.join('')) },
);
const headerValue = fc.constantFrom<unknown>(`Bearer ${secret}`, `Bearer ${secret}\n`, `${secret}\0`, [secret, 1], 7);
const pem = fc.constantFrom<unknown>(secret, [secret], { secret }, Buffer.from(secret), [Buffer.from(secret)]);
const ownTls = fc.record(
  { ca: pem, cert: pem, key: pem, servername: fc.oneof(fc.string(), junk), rejectUnauthorized: fc.boolean() },
  { requiredKeys: [] },
);
const endpoint = fc.oneof(
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
const ofAnyKind = fc.oneof(fc.double(), fc.integer(), fc.boolean(), fc.func(junk), words, traps, fc.string());

/** What an option is given that takes something special. */
const special: Readonly<Record<string, fc.Arbitrary<unknown>>> = {
  endpoints: fc.oneof(fc.array(endpoint), endpoint, fc.func(junk)),
  'endpoints[].url': url,
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
  'tls.ca': pem,
  'tls.cert': pem,
  'tls.key': pem,
  transport: fc.record({ send: fc.func(junk), close: fc.func(junk) }, { requiredKeys: [] }),
};

const options = documented(proxyOptions);

/** Objects with some of the options of a table, and seldom something else for one. */
function objectsOf(table: AnyOptions, parent = ''): fc.Arbitrary<object> {
  const entries = Object.entries(table).map(([name, { fields }]) => {
    const path = `${parent}${name}`;
    const plausible = fields ? objectsOf(fields, `${path}.`) : (special[path] ?? ofAnyKind);
    return [name, fc.oneof({ weight: 9, arbitrary: plausible }, { weight: 1, arbitrary: junk })];
  });
  return fc.record(Object.fromEntries(entries), { requiredKeys: [] });
}

const others = fc.dictionary(fc.oneof(fc.constantFrom(...Object.keys(proxyOptions)), fc.string()), junk, {
  maxKeys: 2,
});
const someOptions = fc.tuple(objectsOf(proxyOptions), others).map(([some, other]) => ({ ...some, ...other }));

/** The options that give one a value beside good endpoints: `timeouts.idleMs` stands within `timeouts`. */
function optionsWith(path: string, value: unknown): object {
  const good = { endpoints: ['http://one.example'] };
  const [group = '', field] = path.split(/\[?\]?\./);
  if (field === undefined) return { ...good, [group]: value };
  if (group === 'endpoints') return { endpoints: [{ url: 'http://one.example', [field]: value }] };
  return { ...good, [group]: { [field]: value } };
}

/** Creates a proxy, or gives the error that it was refused with. */
async function create(given: unknown): Promise<unknown> {
  try {
    const proxy = createBalancingProxy(given as Parameters<typeof createBalancingProxy>[0]);
    expect(typeof proxy.close).toBe('function');
    return undefined;
  } catch (error) {
    return error;
  }
}

async function expectHandled(given: unknown): Promise<void> {
  const error = await create(given);
  if (error === undefined) return;
  expect(error).toBeInstanceOf(BalancingProxyError);
  expect(error).toMatchObject({ code: 'ERR_BRP_OPTIONS', status: 500, message: expect.stringMatching(/option/) });
}

describe(`createBalancingProxy (${seedTitle})`, () => {
  test('takes or refuses whatever it is given', async () => {
    await fc.assert(fc.asyncProperty(junk, expectHandled), bounded(2_000));
  });

  test('takes or refuses options of any kind', async () => {
    await fc.assert(fc.asyncProperty(someOptions, expectHandled), bounded(1_000));
  });

  test.each(options)('takes or refuses whatever it is given for $path', async ({ path }) => {
    const values = fc.oneof(special[path] ?? ofAnyKind, junk);
    await fc.assert(
      fc.asyncProperty(values, (value) => expectHandled(optionsWith(path, value))),
      bounded(100),
    );
  });

  test('is given something special only for options that exist', () => {
    const known = options.map(({ path }) => path);
    expect(Object.keys(special).filter((path) => !known.includes(path))).toEqual([]);
  });

  test('shows no credentials when it refuses a URL or a header', async () => {
    const property = fc.asyncProperty(fc.array(endpoint, { minLength: 1 }), async (endpoints) => {
      const error = await create({ endpoints });
      if (error instanceof Error) expect(`${error.message}${error.stack}${error.cause}`).not.toContain(secret);
    });
    await fc.assert(property, bounded(1_000));
  });

  test('shows no credentials in the names of the endpoints that it takes', async () => {
    const property = fc.asyncProperty(url, async (text) => {
      const given = { endpoints: [text] };
      if ((await create(given)) !== undefined) return;
      const names = createBalancingProxy(given).endpoints.map(({ name }) => name);
      expect(names.join()).not.toContain(secret);
    });
    await fc.assert(property, bounded(1_000));
  });
});
