import { Resources, request } from '../helpers/proxy.ts';
import { answering, hanging, refusedUrl } from '../helpers/servers.ts';
import { atLeast, until } from '../helpers/until.ts';
import { sendMany, startTwo } from './cluster/two-workers.ts';
import { start } from './command.ts';
import { temporaryFile, write } from './files.ts';
import { metricIn } from './metrics.ts';
import { type DashboardViewer, watch } from './watch.ts';

/** Tiers and retries through the command as users start it, a process of its own. */

const resources = new Resources();
afterEach(() => resources.closeAll());

async function startAdmin(...flags: readonly string[]) {
  const command = start('-admin', '127.0.0.1:0', '-log-level', 'debug', ...flags);
  const [url, admin] = [await command.url(), await command.adminUrl()];
  return { command, url, admin, viewer: resources.use(await watch(admin)) };
}

/** Drains or restores an endpoint by the page. */
async function change(admin: string, endpoint: string, action: 'drain' | 'restore'): Promise<void> {
  const path = `/dashboard/endpoints/${encodeURIComponent(endpoint)}/${action}`;
  const { status } = await request(admin + path, { method: 'POST', headers: { origin: admin } });
  expect(status).toBe(200);
}

const tiersOf = ({ frame }: DashboardViewer) => frame?.endpoints.map(({ name, tier }) => `${name} ${tier}`).join();

test.each([
  ['JSON', 'brp.json', (primary: string, backup: string) => ({ endpoints: [primary, { url: backup, tier: 1 }] })],
  [
    'YAML',
    'brp.yaml',
    (primary: string, backup: string) => `endpoints:\n  - ${primary}\n  - { url: '${backup}', tier: 1 }\n`,
  ],
])('a backup in a file in %s answers while tier 0 is stopped, and only then', async (_, name, contentFor) => {
  const [primary, backup] = [await resources.startSaying('primary'), await resources.startSaying('backup')];
  const { url, command } = await startAdmin(
    '-config',
    temporaryFile(resources, name, contentFor(primary.url, backup.url)),
  );
  for (let i = 0; i < 5; i++) expect(await request(url)).toMatchObject({ status: 200, text: 'primary' });
  expect(backup.asked()).toBe(0);

  await primary.close();
  expect(await request(url)).toMatchObject({ status: 200, text: 'backup' });
  await command.line(/ \(tier\): 200 in /);

  await resources.start(answering(200, 'primary again'), { port: primary.port });
  for (let i = 0; i < 5; i++) expect(await request(url)).toMatchObject({ status: 200, text: 'primary again' });
  expect(backup.asked()).toBe(1);
});

test('-tier-delay asks a backup while tier 0 is slow', async () => {
  const [slow, backup] = [await resources.start(hanging), await resources.startSaying('backup')];
  const file = temporaryFile(resources, 'brp.json', { endpoints: [slow.url, { url: backup.url, tier: 1 }] });
  const { url } = await startAdmin('-config', file, '-tier-delay', '20ms', '-timeout', '0');
  expect(await request(url)).toMatchObject({ status: 200, text: 'backup' });
  expect(slow.asked()).toBe(1);
});

test('-retry-for lets a request wait for an only endpoint that restarts', async () => {
  const endpoint = await resources.startSaying('before');
  await endpoint.close();
  const { command, url, viewer } = await startAdmin('-e', endpoint.url, '-retry-for', '1m', '-retry-every', '20ms');
  const response = request(url, { method: 'POST', body: 'once' });
  await until(() => viewer.frame?.endpoints[0]?.totals.failures ?? 0, atLeast(2));
  const restarted = await resources.start((req, res) => void req.pipe(res), { port: endpoint.port });
  expect(await response).toMatchObject({ status: 200, text: 'once' });
  expect(restarted.asked()).toBe(1);
  await command.line(/ \(retry\): 200 in /);
});

test('-retry-for gives up when its time is over', async () => {
  const { url } = await startAdmin('-e', await refusedUrl(), '-retry-for', '50ms', '-retry-every', '10ms');
  expect(await request(url)).toMatchObject({ status: 502 });
});

describe('a reload', () => {
  test.each(['1', '2'])(
    'that moves endpoints to other tiers keeps their state and counts (-workers %s)',
    async (workers) => {
      const [a, b, c] = [
        await resources.startSaying('a'),
        await resources.startSaying('b'),
        await resources.startSaying('c'),
      ];
      const optionsWith = (tiers: readonly number[]) => ({
        endpoints: [a, b, c].map(({ url }, index) => ({ url, tier: tiers[index] ?? 0 })),
      });
      const file = temporaryFile(resources, 'brp.json', optionsWith([0, 1, 1]));
      const flags = ['-config', file, '-workers', workers, '-admin-actions'];
      const { command, url, admin, viewer } = await startAdmin(...flags);
      await change(admin, c.url, 'drain');
      expect(await sendMany(url, 10)).toEqual(new Set(['a']));
      const attempts = () => viewer.frame?.endpoints.map(({ totals }) => totals.attempts) ?? [];
      await until(() => attempts()[0], 10);
      expect(tiersOf(viewer)).toBe(`${a.url} 0,${b.url} 1,${c.url} 1`);

      write(file, optionsWith([1, 0, 0]));
      command.signal('SIGHUP');
      await command.line(/reloaded$/);
      await until(() => tiersOf(viewer), `${a.url} 1,${b.url} 0,${c.url} 0`);
      expect(await sendMany(url, 10)).toEqual(new Set(['b']));
      await until(() => attempts()[1], 10);
      expect(viewer.frame?.endpoints).toMatchObject([
        { state: 'available', totals: { wins: 10 } },
        { state: 'available' },
        { state: 'drained', totals: { attempts: 0 } },
      ]);
      const { text } = await request(`${admin}/metrics`);
      const tierOf = (endpoint: string) => metricIn(text, 'balancing_proxy_endpoint_tier', { endpoint });
      expect([a, b, c].map(({ url: endpoint }) => tierOf(endpoint))).toEqual([1, 0, 0]);
    },
  );
});

describe('workers', () => {
  test('send all to the backup when the whole of tier 0 is drained by the page, and none when one is back', async () => {
    const [a, b, backup] = [
      await resources.startSaying('a'),
      await resources.startSaying('b'),
      await resources.startSaying('backup'),
    ];
    const endpoints = [a.url, b.url, { url: backup.url, tier: 1 }];
    const file = temporaryFile(resources, 'brp.json', { endpoints, strategy: 'failover' });
    const { command, url, admin } = await startTwo('-config', file, '-admin-actions');
    const viewer = resources.use(await watch(admin));
    const states = () => viewer.frame?.endpoints.map(({ state }) => state).join();
    expect(await sendMany(url, 20)).toEqual(new Set(['a']));

    for (const endpoint of [a, b]) await change(admin, endpoint.url, 'drain');
    await until(() => states(), 'drained,drained,available');
    expect(await sendMany(url, 20)).toEqual(new Set(['backup']));
    process.kill([...command.workers.values()][0] ?? 0, 'SIGKILL');
    await command.line(/worker 3 is ready/);
    expect(await sendMany(url, 20)).toEqual(new Set(['backup']));

    await change(admin, b.url, 'restore');
    await until(() => states(), 'drained,available,available');
    expect(await sendMany(url, 20)).toEqual(new Set(['b']));
    expect(backup.asked()).toBe(40);
  });

  test('ask the backup when tier 0 is stopped', async () => {
    const [primary, backup] = [await resources.startSaying('primary'), await resources.startSaying('backup')];
    const file = temporaryFile(resources, 'brp.json', { endpoints: [primary.url, { url: backup.url, tier: 1 }] });
    const { url } = await startTwo('-config', file);
    expect(await sendMany(url, 20)).toEqual(new Set(['primary']));
    await primary.close();
    // Enough to have the primary ejected by both workers.
    expect(await sendMany(url, 40)).toEqual(new Set(['backup']));
    expect(backup.asked()).toBe(40);
  });
});
