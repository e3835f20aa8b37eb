import type { BalancingProxyOptions } from '../../src/index.ts';
import { later } from '../helpers/late.ts';
import { leakCheckedResources } from '../helpers/leaks.ts';
import { request } from '../helpers/proxy.ts';
import { answering } from '../helpers/servers.ts';

const resources = leakCheckedResources();

type IsUsable = NonNullable<BalancingProxyOptions['isUsable']>;

const predicates: ReadonlyArray<{ what: string; isUsable: IsUsable }> = [
  { what: 'waits for its body', isUsable: async ({ body }) => (await body()).length > 0 },
  {
    what: 'wraps what its body throws',
    isUsable: async ({ body }) => {
      try {
        return (await body()).length > 0;
      } catch (cause) {
        throw new TypeError('cannot read', { cause });
      }
    },
  },
  {
    what: 'calls it usable all the same',
    isUsable: ({ body }) =>
      body().then(
        () => true,
        () => true,
      ),
  },
  {
    what: 'calls it not usable then',
    isUsable: ({ body }) =>
      body().then(
        () => true,
        () => false,
      ),
  },
  {
    what: 'asks for its body and does not wait',
    isUsable: ({ body }) => {
      void body();
      return true;
    },
  },
];

describe.each(predicates)('an endpoint that breaks off while `isUsable` $what', ({ isUsable }) => {
  test.each<[string, Record<string, number>]>([
    ['chunked', {}],
    ['large', { 'Content-Length': 1_000_000 }],
  ])('has failed with its %s response, and the next one is asked', async (_, headers) => {
    const broken = await resources.start((_req, res) => {
      res.writeHead(200, headers).write('half');
      later(20, () => res.destroy());
    });
    const sound = await resources.start(answering(200, 'sound'));
    const endpoints = [broken.url, sound.url];
    const served = await resources.serve({ endpoints, strategy: 'failover', isUsable });
    expect((await request(served.url)).text).toBe('sound');
    expect(served.events.find((event) => event.type === 'attempt-ended')).toMatchObject({
      report: { endpoint: broken.url, outcome: 'failed', error: { code: 'ERR_BRP_CONNECTION_LOST' } },
    });
    expect(served.proxy.endpoints).toMatchObject([{ failures: 1 }, { wins: 1 }]);
  });
});

test('`isUsable` that throws for a reason of its own is still told as such', async () => {
  const endpoint = await resources.start(answering(200, 'sound'));
  const isUsable = async (): Promise<boolean> => {
    throw new Error('mine');
  };
  const served = await resources.serve({ endpoints: [endpoint.url], isUsable });
  expect((await request(served.url)).status).toBe(502);
  expect(served.events.find((event) => event.type === 'attempt-ended')).toMatchObject({
    report: { error: { code: 'ERR_BRP_HOOK' } },
  });
});
