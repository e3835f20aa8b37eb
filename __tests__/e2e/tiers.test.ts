import type { BalancingProxyOptions } from '../../src/index.ts';
import { late } from '../helpers/late.ts';
import { leakCheckedResources } from '../helpers/leaks.ts';
import { request } from '../helpers/proxy.ts';
import { answering, hanging, refusedUrl } from '../helpers/servers.ts';

const resources = leakCheckedResources();

const strategies = ['race', 'hedge', 'failover'] as const;

async function serve(options: BalancingProxyOptions) {
  const served = await resources.serve(options);
  const started = () =>
    served.events.flatMap((event) => (event.type === 'attempt-started' ? [[event.endpoint, event.reason]] : []));
  return { ...served, started };
}

describe('a further tier', () => {
  test.each(strategies)('is asked nothing while the one before answers, in a %s', async (strategy) => {
    const [first, backup] = [await resources.startSaying('first'), await resources.startSaying('backup')];
    const { url } = await serve({ strategy, endpoints: [{ url: backup.url, tier: 1 }, first.url] });
    for (let i = 0; i < 5; i++) expect((await request(url)).text).toBe('first');
    expect(backup.asked()).toBe(0);
  });

  test.each(strategies)('answers within the same request when the one before is down, in a %s', async (strategy) => {
    const backup = await resources.startSaying('backup');
    const down = [await refusedUrl(), (await resources.start(answering(500, 'sorry'))).url];
    const { url, started } = await serve({
      strategy,
      endpoints: [...down.map((each) => ({ url: each })), { url: backup.url, name: 'backup', tier: 7 }],
    });
    expect((await request(url)).text).toBe('backup');
    expect(started().at(-1)).toEqual(['backup', 'tier']);
  });

  test('waits until everybody of the one before has failed', async () => {
    const backup = await resources.startSaying('backup');
    const endpoints = [
      { url: (await resources.start(answering(500, 'sorry'))).url },
      { url: (await resources.start(late(100, answering(200, 'slow')))).url },
      { url: backup.url, tier: 1 },
    ];
    const { url } = await serve({ endpoints });
    expect((await request(url)).text).toBe('slow');
    expect(backup.asked()).toBe(0);
  });

  test('is asked after tierDelayMs, too', async () => {
    const slow = await resources.start(hanging);
    const backup = await resources.startSaying('backup');
    const { url, started } = await serve({
      endpoints: [
        { url: slow.url, name: 'slow' },
        { url: backup.url, name: 'backup', tier: 1 },
      ],
      tierDelayMs: 20,
    });
    expect((await request(url)).text).toBe('backup');
    expect(started()).toEqual([
      ['slow', 'first'],
      ['backup', 'tier'],
    ]);
  });

  test("is asked nothing after tierDelayMs with the strategy 'single', as the tier before may be at work", async () => {
    const slow = await resources.start(late(100, answering(200, 'slow')));
    const backup = await resources.startSaying('backup');
    const { url } = await serve({
      endpoints: [slow.url, { url: backup.url, tier: 1 }],
      unsafeMethods: 'single',
      tierDelayMs: 10,
    });
    expect((await request(url, { method: 'POST', body: 'once' })).text).toBe('slow');
    expect(backup.asked()).toBe(0);
  });

  test('is the first to be asked where all before are drained', async () => {
    const [first, backup] = [await resources.startSaying('first'), await resources.startSaying('backup')];
    const { url, proxy, started } = await serve({
      endpoints: [
        { url: first.url, name: 'first' },
        { url: backup.url, name: 'backup', tier: 1 },
      ],
    });
    proxy.drain('first');
    expect((await request(url)).text).toBe('backup');
    expect(started()).toEqual([['backup', 'first']]);
  });

  test('may be given by a function', async () => {
    const backup = await resources.startSaying('backup');
    const down = await refusedUrl();
    const { url } = await serve({ endpoints: async () => [down, { url: backup.url, tier: 1 }] });
    expect((await request(url)).text).toBe('backup');
  });
});

test('an endpoint that cannot be reached is asked in a race when all others are drained', async () => {
  const resting = await resources.startSaying('resting');
  const endpoints = [
    { url: resting.url, name: 'resting' },
    { url: await refusedUrl(), name: 'down' },
  ];
  const { url, proxy, started } = await serve({ endpoints, ejection: { consecutiveFailures: 1 } });
  proxy.drain('resting');
  for (let i = 0; i < 2; i++) expect(await request(url)).toMatchObject({ status: 502 });
  expect(started()).toEqual([
    ['down', 'first'],
    ['down', 'first'],
  ]);
});

describe('an endpoint that is cooling down', () => {
  test('is left out of a race while another one answers', async () => {
    const busy = await resources.start((_, res) => void res.writeHead(429, { 'Retry-After': '30' }).end('busy'));
    const good = await resources.start(late(10, answering(200, 'good')));
    const { url } = await serve({ endpoints: [busy.url, good.url], terminalStatuses: '!429' });
    for (let i = 0; i < 5; i++) expect((await request(url)).text).toBe('good');
    expect(busy.asked()).toBe(1);
  });

  test('does not win with its 429, which comes at once, although that may be given to clients', async () => {
    const busy = await resources.start((_, res) => void res.writeHead(429, { 'Retry-After': '30' }).end('busy'));
    const good = await resources.start(late(10, answering(200, 'good')));
    const { url } = await serve({ endpoints: [busy.url, good.url] });
    expect((await request(url)).text).toBe('busy');
    for (let i = 0; i < 5; i++) expect((await request(url)).text).toBe('good');
  });

  test('is asked when all others have failed', async () => {
    const busy = await resources.start((_, res) => void res.writeHead(429, { 'Retry-After': '30' }).end('busy'));
    const bad = await resources.start(late(10, answering(500, 'bad')));
    const { url, started } = await serve({
      endpoints: [
        { url: busy.url, name: 'busy' },
        { url: bad.url, name: 'bad' },
      ],
    });
    await request(url);
    const before = started().length;
    expect((await request(url)).text).toBe('busy');
    expect(started().slice(before)).toEqual([
      ['bad', 'first'],
      ['busy', 'failure'],
    ]);
  });
});
