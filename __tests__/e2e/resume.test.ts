import type { BalancingProxyOptions, RequestEnded } from '../../src/index.ts';
import { leakCheckedResources } from '../helpers/leaks.ts';
import { request, type ServedProxy } from '../helpers/proxy.ts';
import { until } from '../helpers/until.ts';
import { contentOf, type MirrorSettings, sha256, startMirror } from './mirror.ts';

const resources = leakCheckedResources();
const content = contentOf(300_000);
const whole = sha256(content);
const etag = { ETag: '"one"' };

const start = (settings: Partial<MirrorSettings> = {}) => startMirror(resources, { content, ...settings });

/** Serves a proxy for mirrors, in their order. */
async function serve(mirrors: ReadonlyArray<Partial<MirrorSettings>>, options: Partial<BalancingProxyOptions> = {}) {
  const started = [];
  for (const mirror of mirrors) started.push(await start(mirror));
  const endpoints = started.map(({ url }, index) => ({ url, name: `mirror ${index}` }));
  const served = await resources.serve({ endpoints, strategy: 'failover', ...options });
  return { ...served, mirrors: started };
}

/** How the request of a proxy ended, once it has. */
async function endOf({ events }: Pick<ServedProxy, 'events'>): Promise<RequestEnded> {
  const isEnd = (event: { readonly type: string }) => event.type === 'request-ended';
  await until(() => events.some(isEnd));
  return events.find(isEnd) as RequestEnded;
}

const outcomesOf = ({ attempts }: RequestEnded) =>
  attempts.map(({ endpoint, reason, outcome, error }) => [endpoint, reason, outcome, error?.code].join(' ').trim());

describe.each(['race', 'hedge', 'failover', 'single'] as const)('under %s', (strategy) => {
  test.each(['fin', 'rst', 'silence'] as const)(
    'a body that breaks off by %s arrives whole from the others',
    async (how) => {
      const breaking = { headers: etag, breaksAt: [150_000, 50_000], how };
      const served = await serve([breaking, breaking, { headers: etag }], { strategy, timeouts: { idleMs: 100 } });
      const { status, headers, body } = await request(served.url);
      expect([status, headers.etag, headers['content-length'], sha256(body)]).toEqual([200, '"one"', '300000', whole]);
      expect((await endOf(served)).resumes).toBeGreaterThan(0);
      await until(() => served.proxy.endpoints.every(({ inFlight }) => inFlight === 0));
    },
  );
});

test('the break and what mended it are told', async () => {
  const served = await serve([{ headers: etag, breaksAt: [150_000] }, { headers: etag }]);
  await request(served.url);
  const end = await endOf(served);
  expect(outcomesOf(end)).toEqual(['mirror 0 first won ERR_BRP_CONNECTION_LOST', 'mirror 1 resume resumed']);
  const { winner, servedBy, resumes, bytes, error, status } = end;
  expect([winner, servedBy, resumes, bytes, error, status]).toEqual([
    'mirror 0',
    'mirror 1',
    1,
    300_000,
    undefined,
    200,
  ]);
  expect(served.proxy.endpoints[0]).toMatchObject({ successes: 1, healthRatio: 15 / 16, inFlight: 0 });
});
