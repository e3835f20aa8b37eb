import { once } from 'node:events';
import http, { type IncomingMessage } from 'node:http';
import { readAll, request } from '../../helpers/proxy.ts';
import { atLeast, until } from '../../helpers/until.ts';
import { startLoad } from '../load.ts';
import { metricIn } from '../metrics.ts';
import { isAlive, metricsOf, pidOf, resources, sendMany, serveLoad, startTwo, startWith } from './two-workers.ts';

describe('a worker', () => {
  test.each([[[]], [['-via=']]])('has the name of all others in Via with %j', async (flags) => {
    const endpoint = await resources.start((req, res) => void res.end(req.headers.via));
    const { url } = await startTwo('-e', endpoint.url, ...flags);
    expect((await sendMany(url, 20)).size).toBe(1);
  });

  test('that is killed under load is replaced, and nothing that was counted is lost', async () => {
    const endpoint = await serveLoad();
    const { command, url, admin } = await startTwo('-e', endpoint.url);
    const load = startLoad(url);
    await until(() => load.count, atLeast(300));
    const before = metricIn(await metricsOf(admin), 'balancing_proxy_requests_total');
    process.kill(pidOf(command, 1), 'SIGKILL');
    expect(await command.line(/worker 1 ended/)).toMatch(/worker 1 ended by SIGKILL; another one starts at once$/);
    await command.line(/worker 3 is ready/);
    // Those that it had in hand are lost, at most one of each client's.
    const lost = load.problems.length;
    expect(lost).toBeLessThanOrEqual(10);
    const seen = load.count;
    await until(() => load.count, atLeast(seen + 300));
    await load.stop();
    expect(load.problems).toHaveLength(lost);
    const text = await metricsOf(admin);
    expect(metricIn(text, 'balancing_proxy_requests_total')).toBeGreaterThanOrEqual(before + 300);
    expect(metricIn(text, 'balancing_proxy_endpoint_state')).toBe(2);
    expect(await request(`${admin}/readyz`)).toMatchObject({ status: 200 });
    command.child.kill('SIGTERM');
    expect(await command.ended).toMatchObject({ exitCode: 0 });
  });

  test('leaves signals to the primary', async () => {
    const { command, url } = await startTwo('-e', (await resources.startSaying('hello')).url);
    for (const pid of command.workers.values()) {
      for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.kill(pid, signal);
    }
    expect(await sendMany(url, 10)).toEqual(new Set(['hello']));
    expect([...command.workers.values()].every(isAlive)).toBe(true);
    expect(command.lines.filter((line) => /ended|reloaded/.test(line))).toEqual([]);
  });

  test('whose primary is gone finishes and ends', async () => {
    const { url: endpoint, held } = await resources.startHeld((res) => res.write('first'));
    const { command, url } = await startTwo('-e', endpoint);
    const pids = [...command.workers.values()];
    const client = http.get(url, { agent: false });
    const [res] = (await once(client, 'response')) as [IncomingMessage];
    command.child.kill('SIGKILL');
    await once(command.child, 'exit');
    // The other one has nothing to finish.
    await until(() => pids.filter(isAlive).length, 1);
    const received = readAll(res);
    held[0]?.end(' and last');
    expect(await received).toMatchObject({ text: 'first and last' });
    await until(() => !pids.some(isAlive));
  });

  test('whose primary goes while it starts ends at once', async () => {
    // It will never hear from the primary whether it may listen.
    const command = startWith(
      `import { Server } from 'node:net';
      const { listen } = Server.prototype;
      if (cluster.isWorker) Server.prototype.listen = function (...args) {
        process.kill(process.ppid, 'SIGKILL');
        return listen.apply(this, args);
      };`,
      '-e',
      'http://a.example',
      '-shutdown-timeout',
      '1h',
    );
    // The workers hold its output open for as long as they are there.
    expect(await command.ended).toMatchObject({ exitCode: null });
  });
});
