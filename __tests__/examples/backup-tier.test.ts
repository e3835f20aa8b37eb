import type { RequestListener } from 'node:http';
import { createPrimaryWithBackup } from '../../examples/backup-tier.ts';
import { leakCheckedResources } from '../helpers/leaks.ts';
import { request } from '../helpers/proxy.ts';
import { answering, hanging, refusedUrl } from '../helpers/servers.ts';

const resources = leakCheckedResources();

/** Serves the example with a primary that answers so, or with one that nobody can reach. */
async function serve(answer: RequestListener | 'refused', settings?: { patienceMs: number }) {
  const primary = answer === 'refused' ? undefined : await resources.start(answer);
  const backup = await resources.startSaying('backup');
  const url = primary?.url ?? (await refusedUrl());
  const served = await resources.serveCreated(createPrimaryWithBackup(url, backup.url, settings));
  return { url: served.url, primary, backup };
}

const post = { method: 'POST', body: 'order' };

test('asks the backup nothing while the primary answers', async () => {
  const { url, backup } = await serve(answering(200, 'primary'));
  expect(await request(url)).toMatchObject({ status: 200, text: 'primary' });
  expect(await request(url, post)).toMatchObject({ status: 200, text: 'primary' });
  expect(backup.asked()).toBe(0);
});

test.each<[string, RequestListener | 'refused']>([
  ['cannot be reached', 'refused'],
  ['answers 500', answering(500, 'primary')],
  ['answers 429', answering(429, 'primary')],
])('asks the backup within the same request when the primary %s', async (_, answer) => {
  const { url } = await serve(answer);
  expect(await request(url)).toMatchObject({ status: 200, text: 'backup' });
});

test('asks the backup when the primary takes longer than its time', async () => {
  const { url, primary } = await serve(hanging, { patienceMs: 20 });
  expect(await request(url)).toMatchObject({ status: 200, text: 'backup' });
  expect(primary?.asked()).toBe(1);
});

test('gives the 404 of the primary, which is an answer', async () => {
  const { url, backup } = await serve(answering(404, 'no such order'));
  expect(await request(url)).toMatchObject({ status: 404, text: 'no such order' });
  expect(backup.asked()).toBe(0);
});

test('sends a POST to the backup only if it surely never reached the primary', async () => {
  const failing = await serve(answering(500, 'primary'));
  expect(await request(failing.url, post)).toMatchObject({ status: 500, text: 'primary' });
  expect(failing.backup.asked()).toBe(0);
  const away = await serve('refused');
  expect(await request(away.url, post)).toMatchObject({ status: 200, text: 'backup' });
});
