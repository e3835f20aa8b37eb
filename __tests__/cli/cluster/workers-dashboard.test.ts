import { isThere, until } from '../../helpers/until.ts';
import { temporaryFile, write } from '../files.ts';
import { watch } from '../watch.ts';
import { resources, sendMany, startTwo } from './two-workers.ts';

describe('the dashboard of workers, opened after some requests,', () => {
  /** Opens the dashboard. @returns what it shows first. */
  async function firstFrameOf(admin: string) {
    const viewer = resources.use(await watch(admin));
    await until(() => viewer.frame, isThere);
    return { viewer, frame: viewer.frame };
  }

  test('shows the races of all workers, and what all clients got', async () => {
    const { command, url, admin } = await startTwo('-e', (await resources.startSaying('hello')).url, '-via', 'edge-1');
    const workers = () =>
      new Set(command.lines.flatMap((line) => /request \d*(\d{3}) .* served /.exec(line)?.[1] ?? []));
    let sent = 0;
    while (workers().size < 2 || sent < 40) {
      await sendMany(`${url}/before?token=secret`, 20);
      sent += 20;
      await until(() => command.lines.filter((line) => line.includes(' served ')).length, sent);
    }
    const { viewer, frame } = await firstFrameOf(admin);
    expect(frame).toMatchObject({
      title: 'edge-1',
      clients: { successRatio: 1, loadMultiplier: 1, latencyCount: sent, totals: { requests: sent, failures: 0 } },
      endpoints: [{ successRatio: 1, winRatio: 1, latencyCount: expect.any(Number) }],
    });
    expect(frame?.clients.latencyMs?.p99).toBeGreaterThan(0);
    expect(viewer.paths).toEqual(Array.from({ length: Math.min(50, sent) }, () => '/before'));
    await sendMany(`${url}/after`, 10);
    await until(() => viewer.frame?.clients.totals.requests, sent + 10);
    expect(viewer.frame?.clients).toMatchObject({ successRatio: 1, latencyCount: sent + 10 });
    // Another page goes on with the same.
    viewer.close();
    const again = await firstFrameOf(admin);
    expect(again.frame?.clients.totals.requests).toBe(sent + 10);
    expect(again.viewer.paths.filter((path) => path === '/after')).toHaveLength(10);
  });

  test('shows those of before a reload, too', async () => {
    const file = temporaryFile(resources, 'brp.json', { endpoints: [(await resources.startSaying('old')).url] });
    const { command, url, admin } = await startTwo('-config', file);
    await sendMany(`${url}/old`, 20);
    write(file, { endpoints: [(await resources.startSaying('new')).url], via: 'renamed' });
    command.child.kill('SIGHUP');
    await command.line(/reloaded$/);
    await sendMany(`${url}/new`, 10);
    await until(() => command.lines.filter((line) => line.includes(' served ')).length, 30);
    const { viewer, frame } = await firstFrameOf(admin);
    expect(frame).toMatchObject({ title: 'renamed', clients: { totals: { requests: 30 }, latencyCount: 30 } });
    expect(viewer.paths.filter((path) => path === '/old')).toHaveLength(20);
    expect(viewer.paths.filter((path) => path === '/new')).toHaveLength(10);
  });
});
