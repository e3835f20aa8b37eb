import http from 'node:http';
import { request } from '../../helpers/proxy.ts';
import { atLeast, until } from '../../helpers/until.ts';
import { startLoad } from '../load.ts';
import { isAlive, resources, serveLoad, startTwo } from './two-workers.ts';

describe('stopping with workers', () => {
  test('loses no request of those who heed /readyz', async () => {
    const endpoint = await serveLoad();
    const { command, url, admin } = await startTwo('-e', endpoint.url, '-shutdown-delay', '2s');
    let isWanted = true;
    const load = startLoad(url, { mayGoOn: () => isWanted });
    await until(() => load.count, atLeast(200));
    command.child.kill('SIGTERM');
    await command.line(/leaving/);
    const served = load.count;
    await until(() => load.count, atLeast(served + 50));
    const agent = new http.Agent({ keepAlive: true });
    expect((await request(url, { agent })).headers.connection).toBe('close');
    await until(async () => (await request(`${admin}/readyz`)).status, 503);
    isWanted = false;
    await load.stop();
    expect(load.problems).toEqual([]);
    expect(await command.ended).toMatchObject({ exitCode: 0, stderr: '' });
  });

  test('finishes what is in flight at each of them, and accepts nothing more', async () => {
    const { url: endpoint, held } = await resources.startHeld((res) => res.write('first'));
    const { command, url } = await startTwo('-e', endpoint);
    const responses = Array.from({ length: 4 }, () => request(url));
    await until(() => held.length, 4);
    command.child.kill('SIGTERM');
    await command.line(/stopping/);
    await expect(request(url)).rejects.toMatchObject({ code: 'ECONNREFUSED' });
    for (const res of held) res.end(' and last');
    for (const response of responses) expect(await response).toMatchObject({ text: 'first and last' });
    expect(await command.ended).toMatchObject({ exitCode: 0, stderr: '' });
    expect(command.lines.filter((line) => line.includes(' served '))).toHaveLength(4);
  });

  test('cuts after -shutdown-timeout and exits with 1', async () => {
    const { url: endpoint, held } = await resources.startHeld((res) => res.write('first'));
    const { command, url } = await startTwo('-e', endpoint, '-shutdown-timeout', '50ms');
    const pids = [...command.workers.values()];
    const response = request(url);
    await until(() => held.length, 1);
    command.child.kill('SIGTERM');
    await expect(response).rejects.toThrow();
    expect(await command.ended).toMatchObject({ exitCode: 1, stderr: '' });
    expect(command.lines.at(-1)).toMatch(/requests in flight were cut after 50ms$/);
    expect(command.lines.at(-2)).toMatch(/request \d+ GET \/: cut after .*, as this process stops/);
    await until(() => !pids.some(isAlive));
  });

  test('exits with 1 when a worker dies over it', async () => {
    const { url: endpoint, held } = await resources.startHeld((res) => res.write('first'));
    const { command, url } = await startTwo('-e', endpoint);
    const response = request(url);
    await until(() => held.length, 1);
    command.child.kill('SIGTERM');
    await command.line(/stopping/);
    for (const pid of command.workers.values()) if (isAlive(pid)) process.kill(pid, 'SIGKILL');
    await expect(response).rejects.toThrow();
    expect(await command.ended).toMatchObject({ exitCode: 1, stderr: '' });
    expect(command.lines.at(-1)).toMatch(/requests in flight were cut as a worker failed$/);
  });

  test('at once takes all workers along', async () => {
    const { url: endpoint, held } = await resources.startHeld((res) => res.write('first'));
    const { command, url } = await startTwo('-e', endpoint);
    const pids = [...command.workers.values()];
    const response = request(url);
    await until(() => held.length, 1);
    command.child.kill('SIGTERM');
    await command.line(/stopping/);
    void command.insist('SIGTERM');
    await expect(response).rejects.toThrow();
    expect(await command.ended).toMatchObject({ exitCode: 143 });
    await until(() => !pids.some(isAlive));
  });
});
