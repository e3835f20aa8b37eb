import fc from 'fast-check';
import { BalancingProxyError, createBalancingProxy } from '../../src/index.ts';
import { proxyOptions } from '../../src/options/config.ts';
import { documented } from '../../src/options/documented.ts';
import type { AnyOptions } from '../../src/support/parser/option.ts';
import { endpoint, junk, ofAnyKind, optionsWith, secret, special, url } from './option-values.ts';
import { bounded, seedTitle } from './seed.ts';

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
