import { parse } from 'yaml';
import type { BalancingProxyOptions } from '../../src/index.ts';
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

/** Serves a recipe whose endpoints answer as the test decides. */
function serve(title: string, answer: FakeAnswer) {
  return resources.serve({ ...optionsOf(title), transport: fakeTransport(answer) });
}

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

test('the file of the command that is shown has options that are taken, a backup and retries', () => {
  const [, file = ''] = /```yaml\n(# proxy\.yaml.*?)```/s.exec(textOf('docs/configuration-file.md')) ?? [];
  expect(resolveOptions(parse(file))).toMatchObject({
    endpoints: [{ tier: 0 }, { tier: 0 }, { tier: 1 }],
    retry: { forMs: 5_000 },
  });
});
