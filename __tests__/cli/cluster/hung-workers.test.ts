import { request } from '../../helpers/proxy.ts';
import { atLeast, until } from '../../helpers/until.ts';
import type { Command } from '../command.ts';
import { metricIn } from '../metrics.ts';
import { ToldLoad } from './told-load.ts';
import { isAlive, metricsOf, pidOf, resources, sendMany, serveLoad, startTwo, startWith } from './two-workers.ts';

/** Starts a client. @returns the name of its connection, and the worker that holds this. */
async function connect(command: Command, load: ToldLoad): Promise<{ readonly name: string; readonly worker: number }> {
  const name = await load.add();
  const line = await command.line(new RegExp(`GET /${name} served`));
  // The last three digits of a request's number are those of the worker.
  return { name, worker: Number(/request \d*(\d{3}) /.exec(line)?.[1]) };
}

/** Starts clients until each of these workers holds at least three connections. @returns the names of those of the first. */
async function connectToAll(workers: readonly number[], command: Command, load: ToldLoad): Promise<readonly string[]> {
  const held = new Map<number, readonly string[]>();
  while (!workers.every((worker) => (held.get(worker)?.length ?? 0) >= 3)) {
    const { name, worker } = await connect(command, load);
    held.set(worker, [...(held.get(worker) ?? []), name]);
  }
  return held.get(workers[0] as number) ?? [];
}

describe('a worker that hangs', () => {
  test('loses only what it held when it is stopped under load, and is replaced', async () => {
    const endpoint = await serveLoad();
    const { command, url, admin } = await startTwo('-e', endpoint.url, '-worker-timeout', '5s');
    const load = resources.use(new ToldLoad(url));
    const held = await connectToAll([1, 2], command, load);
    const pid = pidOf(command, 1);
    const before = load.count;
    process.kill(pid, 'SIGSTOP');
    const told = await command.line(/has not answered/);
    expect(told).toMatch(new RegExp(`worker 1 \\(process ${pid}\\) has not answered for 5s and is ended$`));
    expect(await command.line(/worker 1 ended/)).toMatch(/worker 1 ended by SIGKILL; another one starts at once$/);
    await command.line(/worker 3 is ready/);
    await connectToAll([3, 2], command, load);
    await until(() => load.count, atLeast(before + 3_000));
    await load.close();
    // Each of these had one request on its way, and no other connection lost any.
    expect(load.lost.toSorted()).toEqual(held.toSorted());
    // Nobody else has waited for the worker: the kernel gives the connections to those who accept them.
    expect(load.slowestMs).toBeLessThan(5_000);
    expect(await request(`${admin}/readyz`)).toMatchObject({ status: 200 });
    command.child.kill('SIGTERM');
    expect(await command.ended).toMatchObject({ exitCode: 0, stderr: '' });
  });

  test('in a loop without an end is replaced', async () => {
    const endpoint = await resources.startSaying('hello');
    const command = startWith(
      `if (cluster.isWorker) process.on('SIGUSR2', () => {
        for (;;);
      });`,
      '-e',
      endpoint.url,
      '-worker-timeout',
      '1s',
      '-admin',
      '127.0.0.1:0',
    );
    const url = await command.url();
    process.kill(pidOf(command, 2), 'SIGUSR2');
    await command.line(/worker 2 \(process \d+\) has not answered for 1s and is ended$/);
    await command.line(/worker 3 is ready/);
    expect(await sendMany(url, 20)).toEqual(new Set(['hello']));
    const metrics = await metricsOf(await command.adminUrl());
    expect(metricIn(metrics, 'balancing_proxy_worker_restarts_total', { cause: 'hung' })).toBe(1);
    expect(metricIn(metrics, 'balancing_proxy_worker_restarts_total', { cause: 'ended' })).toBe(0);
  });

  test('before it is ready has six times as long, and is replaced', async () => {
    const command = startWith(
      `if (cluster.isWorker && cluster.worker.id === 2) for (;;);`,
      '-e',
      'http://a.example',
      '-worker-timeout',
      '1s',
    );
    await command.line(/worker 2 \(process \d+\) has not answered for 6s and is ended$/);
    await command.line(/worker 3 is ready/);
  });

  test('while it finishes its requests does not hold the end, even without a limit', async () => {
    const { url: endpoint, held } = await resources.startHeld((res) => res.write('first'));
    const { command, url } = await startTwo('-e', endpoint, '-worker-timeout', '1s', '-shutdown-timeout', '0');
    const response = request(url);
    await until(() => held.length, 1);
    command.child.kill('SIGTERM');
    await command.line(/stopping/);
    // The one that has nothing to finish ends.
    await until(() => [...command.workers.values()].filter(isAlive).length, 1);
    for (const pid of command.workers.values()) if (isAlive(pid)) process.kill(pid, 'SIGSTOP');
    await expect(response).rejects.toThrow();
    expect(await command.ended).toMatchObject({ exitCode: 1, stderr: '' });
    expect(command.lines.at(-1)).toMatch(/requests in flight were cut as a worker failed$/);
  });
});

test('workers that were stopped together with their primary are not taken for hung', async () => {
  const endpoint = await resources.startSaying('hello');
  const flags = ['-e', endpoint.url, '-worker-timeout', '1s'];
  const [{ command, url }, { command: clock }] = [await startTwo(...flags), await startTwo(...flags)];
  const pids = [command.child.pid as number, ...command.workers.values()];
  for (const pid of pids) process.kill(pid, 'SIGSTOP');
  // As a container that is paused for longer than a worker may be silent, by the measure of another command.
  process.kill(pidOf(clock, 1), 'SIGSTOP');
  await clock.line(/worker 3 is ready/);
  for (const pid of pids) process.kill(pid, 'SIGCONT');
  expect(await sendMany(url, 20)).toEqual(new Set(['hello']));
  process.kill(pidOf(clock, 3), 'SIGSTOP');
  await clock.line(/worker 4 is ready/);
  expect(command.lines.filter((line) => /has not answered|ended/.test(line))).toEqual([]);
});
