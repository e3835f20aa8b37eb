import { type BalancingProxyOptions, createBalancingProxy } from '../../src/index.ts';
import { frames, textOf } from '../helpers/frames.ts';
import { leakCheckedResources } from '../helpers/leaks.ts';
import { hanging, refusedUrl } from '../helpers/servers.ts';

const resources = leakCheckedResources();

/** Ways in which a request fails, of each of which something knows the endpoint by name. */
const failures: ReadonlyArray<[string, (endpoint: string) => Promise<Partial<BalancingProxyOptions>>]> = [
  ['an endpoint refuses', async () => ({})],
  ['time runs out', async () => ({ endpoints: [(await resources.start(hanging)).url], timeouts: { totalMs: 20 } })],
  [
    'an attempt times out',
    async () => ({ endpoints: [(await resources.start(hanging)).url], timeouts: { responseMs: 20 } }),
  ],
  ['there is no address', async (name) => ({ endpoints: () => Promise.reject(new Error(`no address for ${name}`)) })],
  ['endpoints are nonsense', async (name) => ({ endpoints: () => [name.replace('http:', 'wrong:')] })],
  ['a path is none', async (name) => ({ pathRewrite: () => name })],
  ['headers cannot be made', async (name) => ({ rewriteRequest: () => Promise.reject(new Error(name)) })],
  [
    'trust cannot be told',
    async (name) => ({
      trustForwarded: () => {
        throw new Error(name);
      },
    }),
  ],
  ['a strategy is none', async (name) => ({ strategy: (() => name) as unknown as () => 'race' })],
];

describe.each(frames)("the error page of $name's own", (frame) => {
  test.each(failures)('names no endpoint when %s', async (_, make) => {
    const endpoint = await refusedUrl();
    const proxy = resources.use(createBalancingProxy({ endpoints: [endpoint], ...(await make(endpoint)) }));
    const { url } = resources.use(await frame.start({ mounts: { '/': proxy } }));
    const answer = await frame.send(url).answer;
    expect(answer.status).toBeGreaterThanOrEqual(500);
    const text = await textOf(answer);
    expect(text).toMatch(/BRP|BalancingProxyError|Error/);
    expect(text).not.toContain('127.0.0.1');
  });
});
