import { parse } from 'yaml';
import { BalancingProxyError, type BalancingProxyOptions } from '../../src/index.ts';
import { resolveOptions } from '../../src/options/config.ts';
import { type FakeAnswer, fakeTransport } from '../../src/testing/testing.ts';
import { Resources, request } from '../helpers/proxy.ts';
import { textOf } from './project.ts';

/** The code of the recipes, which has to do what they say. */

const resources = new Resources();
afterEach(() => resources.closeAll());

/** The options in the block of the recipes below the paragraph that begins with a title. */
function optionsOf(title: string): BalancingProxyOptions {
  const [, recipe = ''] = textOf('docs/recipes/README.md').split(`**${title}**`);
  const [, code = ''] = /```js\ncreateBalancingProxy\((.*?)\);\n```/s.exec(recipe) ?? [];
  return new Function(`return ${code}`)() as BalancingProxyOptions;
}

/** Serves a recipe whose endpoints answer as the test decides. @returns its URL, and who has been asked so far. */
async function serve(title: string, answer: FakeAnswer, changes: Partial<BalancingProxyOptions> = {}) {
  const transport = fakeTransport(answer);
  const { url } = await resources.serve({ ...optionsOf(title), ...changes, transport });
  return { url, asked: () => transport.requests.map(({ address }) => address.hostname).join() };
}

const refused = () => new BalancingProxyError('ERR_BRP_CONNECT', 'refused');
const post = { method: 'POST', body: 'order' };

describe('the recipe for a 429 that must not win', () => {
  const title = 'A 429 that must not win.';

  test('gives the 200 of the other one, though the 429 comes at once', async () => {
    const { promise: refusal, resolve } = Promise.withResolvers<void>();
    const { url } = await serve(title, async ({ address: { hostname } }) => {
      if (hostname === 'two.example') {
        await refusal;
        return { body: hostname };
      }
      setImmediate(resolve);
      return { status: 429 };
    });
    expect(await request(url)).toMatchObject({ status: 200, text: 'two.example' });
  });

  test('gives the 429 when nobody has anything better', async () => {
    const { url } = await serve(title, () => ({ status: 429, body: 'slow down' }));
    expect(await request(url)).toMatchObject({ status: 429, text: 'slow down' });
  });
});

describe('the recipe for a primary and a backup', () => {
  const title = 'A primary and a backup.';
  const withPrimary =
    (primary: FakeAnswer): FakeAnswer =>
    (asked, signal) =>
      asked.address.hostname === 'backup.example' ? { body: 'backup' } : primary(asked, signal);

  test('asks the backup nothing while the primary answers', async () => {
    const { url, asked } = await serve(
      title,
      withPrimary(() => ({ body: 'primary' })),
    );
    expect(await request(url)).toMatchObject({ text: 'primary' });
    expect(asked()).toBe('primary.example');
  });

  test.each<[string, FakeAnswer]>([
    ['cannot be reached', () => Promise.reject(refused())],
    ['answers 500', () => ({ status: 500 })],
    ['answers 429', () => ({ status: 429 })],
  ])('asks the backup within the same request when the primary %s', async (_, primary) => {
    const { url, asked } = await serve(title, withPrimary(primary));
    expect(await request(url)).toMatchObject({ status: 200, text: 'backup' });
    expect(asked()).toBe('primary.example,backup.example');
  });

  test('asks the backup when the primary takes longer than tierDelayMs', async () => {
    expect(optionsOf(title).tierDelayMs).toBe(2_000);
    const never = new Promise<never>(() => {});
    const { url } = await serve(
      title,
      withPrimary(() => never),
      { tierDelayMs: 20 },
    );
    expect(await request(url)).toMatchObject({ status: 200, text: 'backup' });
  });

  test('sends a POST to the backup only if it surely never reached the primary', async () => {
    const failing = await serve(
      title,
      withPrimary(() => ({ status: 500, body: 'primary' })),
    );
    expect(await request(failing.url, post)).toMatchObject({ status: 500, text: 'primary' });
    const away = await serve(
      title,
      withPrimary(() => Promise.reject(refused())),
    );
    expect(await request(away.url, post)).toMatchObject({ status: 200, text: 'backup' });
  });
});

test('the file of the command that is shown has options that are taken, a backup and retries', () => {
  const [, file = ''] = /```yaml\n(# proxy\.yaml.*?)```/s.exec(textOf('docs/configuration-file.md')) ?? [];
  expect(resolveOptions(parse(file))).toMatchObject({
    endpoints: [{ tier: 0 }, { tier: 0 }, { tier: 1 }],
    retry: { forMs: 5_000 },
  });
});
