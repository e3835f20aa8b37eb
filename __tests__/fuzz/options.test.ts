import fc from 'fast-check';
import { BalancingProxyError, createBalancingProxy } from '../../src/index.ts';
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
        junk,
      },
      { requiredKeys: [] },
    ),
  },
  { weight: 1, arbitrary: junk },
);

const plausible = {
  endpoints: fc.oneof(fc.array(endpoint), endpoint),
  terminalStatuses: fc.oneof(fc.string(), fc.array(fc.oneof(fc.integer(), fc.constantFrom('200', '2xx', '1-2')))),
  strategy: fc.constantFrom('race', 'failover', 'constructor', 'toString'),
  timeouts: fc.record(
    { connectMs: fc.double(), idleMs: fc.integer(), clientMs: fc.double(), junk },
    { requiredKeys: [] },
  ),
  bodyLimitBytes: fc.double(),
  largeBody: fc.constantFrom('reject', 'stream', '__proto__'),
  pathRewrite: fc.func(junk),
  preserveHost: fc.boolean(),
  rewriteRequest: fc.func(junk),
  rewriteResponse: fc.func(junk),
  trustForwarded: fc.oneof(fc.boolean(), fc.func(fc.boolean())),
  via: fc.string(),
  exposeEndpoint: fc.boolean(),
  tls: fc.record({ ca: junk, cert: fc.string(), key: fc.constantFrom(secret, [secret], { secret }) }),
  transport: fc.record({ send: fc.func(junk), close: fc.func(junk) }, { requiredKeys: [] }),
};

const optionNames = Object.keys(plausible);
const options = fc
  .tuple(
    fc.record(plausible, { requiredKeys: ['endpoints'] }),
    fc.dictionary(fc.oneof(fc.constantFrom(...optionNames), fc.string()), junk, { maxKeys: 2 }),
  )
  .map(([some, others]) => ({ ...some, ...others }));

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
    await fc.assert(fc.asyncProperty(options, expectHandled), bounded(1_000));
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
