import { once } from 'node:events';
import http, { type IncomingMessage } from 'node:http';
import { readAll, request } from '../../helpers/proxy.ts';
import { refusedUrl } from '../../helpers/servers.ts';
import { atLeast, isThere, until } from '../../helpers/until.ts';
import { complaintsOf, testWithPromtool } from '../../observers/metrics/promtool.ts';
import { metricIn } from '../metrics.ts';
import { watch } from '../watch.ts';
import { metricsOf, pidOf, resources, sendMany, startTwo } from './two-workers.ts';

describe('/metrics of workers', () => {
  test('has the sum of all', async () => {
    const { command, url, admin } = await startTwo(
      '-e',
      (await resources.startSaying('hello')).url,
      '-e',
      (await resources.startSaying('b')).url,
    );
    await sendMany(url, 200);
    await until(() => command.lines.filter((line) => line.includes(' served ')).length, 200);
    const text = await metricsOf(admin);
    expect(metricIn(text, 'balancing_proxy_requests_total', { outcome: 'served' })).toBe(200);
    expect(metricIn(text, 'balancing_proxy_request_duration_seconds_count')).toBe(200);
    expect(metricIn(text, 'balancing_proxy_requests_in_flight')).toBe(0);
    expect(metricIn(text, 'balancing_proxy_endpoint_state', { state: 'available' })).toBe(2);
  });

  test('tells of each process, and no longer of one that is gone', async () => {
    const { command, admin } = await startTwo('-e', 'http://a.example');
    const told = async () => {
      const text = await metricsOf(admin);
      const workers = [...text.matchAll(/^process_resident_memory_bytes\{worker="(\d+)"\}/gm)].map(([, one]) => one);
      const lags = [...text.matchAll(/^nodejs_eventloop_lag_p99_seconds\{worker="(\d+)"\}/gm)].map(([, one]) => one);
      expect(lags).toEqual(workers);
      return {
        workers: workers.sort(),
        serving: metricIn(text, 'balancing_proxy_workers'),
        restarts: metricIn(text, 'balancing_proxy_worker_restarts_total', { cause: 'ended' }),
      };
    };
    expect(await told()).toEqual({ workers: ['0', '1', '2'], serving: 2, restarts: 0 });
    process.kill(pidOf(command, 1), 'SIGKILL');
    await command.line(/worker 3 is ready/);
    expect(await told()).toEqual({ workers: ['0', '2', '3'], serving: 2, restarts: 1 });
  });

  testWithPromtool('has nothing that promtool finds wrong', async () => {
    const { admin } = await startTwo('-e', 'http://a.example');
    expect(complaintsOf(['check', 'metrics'], await metricsOf(admin))).toBe('');
  });

  test('is there to the end', async () => {
    const { url: endpoint, held } = await resources.startHeld((res) => res.write('first'));
    const { command, url, admin } = await startTwo('-e', endpoint);
    const client = http.get(url, { agent: false });
    const [res] = (await once(client, 'response')) as [IncomingMessage];
    command.child.kill('SIGTERM');
    await command.line(/stopping/);
    // One of the two has ended by now, or is about to.
    expect(await request(`${admin}/readyz`)).toMatchObject({ status: 503, text: 'stopping\n' });
    expect(metricIn(await metricsOf(admin), 'balancing_proxy_requests_in_flight')).toBe(1);
    const received = readAll(res);
    held[0]?.end(' and last');
    expect(await received).toMatchObject({ text: 'first and last' });
    expect(await command.ended).toMatchObject({ exitCode: 0, stderr: '' });
  });
});

describe('the dashboard of workers', () => {
  test('shows all of them together', async () => {
    const { command, url, admin } = await startTwo('-e', (await resources.startSaying('hello')).url);
    await sendMany(url, 10);
    await until(() => command.lines.filter((line) => line.includes(' served ')).length, 10);
    const viewer = resources.use(await watch(admin));
    const wins = () => viewer.frame?.endpoints[0]?.totals.wins;
    await until(() => viewer.frame, isThere);
    // From the first moment on, though nobody has asked the workers before.
    expect(wins()).toBe(10);
    await sendMany(`${url}/path`, 20);
    await until(() => wins(), 30);
    await until(() => viewer.paths.length, atLeast(11));
    expect(new Set(viewer.paths)).toEqual(new Set(['/', '/path']));
    // What one has counted that is gone still counts.
    process.kill(pidOf(command, 1), 'SIGKILL');
    await command.line(/worker 3 is ready/);
    await sendMany(url, 20);
    await until(() => wins(), 50);
  });

  test('shows the errors of requests as they are', async () => {
    const { url, admin } = await startTwo('-e', await refusedUrl());
    const viewer = resources.use(await watch(admin));
    await until(() => viewer.frame, isThere);
    expect(await request(url)).toMatchObject({ status: 502 });
    await until(() => viewer.race, isThere);
    expect(viewer.race).toMatchObject({ error: 'ERR_BRP_EXHAUSTED', attempts: [{ error: 'ERR_BRP_CONNECT' }] });
  });

  test('shows nothing under way at a worker that is gone', async () => {
    const { url: endpoint, held } = await resources.startHeld((res) => res.write('first'));
    const { command, url, admin } = await startTwo('-e', endpoint);
    const viewer = resources.use(await watch(admin));
    const response = request(url);
    await until(() => held.length, 1);
    await until(() => viewer.frame?.endpoints[0]?.inFlight, 1);
    for (const pid of command.workers.values()) process.kill(pid, 'SIGKILL');
    await expect(response).rejects.toThrow();
    await until(() => viewer.frame?.endpoints[0]?.inFlight, 0);
  });

  test('drains an endpoint at every worker, and at those that start later', async () => {
    const [a, b] = [await resources.startSaying('a'), await resources.startSaying('b')];
    const { command, url, admin } = await startTwo('-e', `${a.url},${b.url}`, '-strategy=failover', '-admin-actions');
    const path = `${admin}/dashboard/endpoints/${encodeURIComponent(a.url)}`;
    const settings = { method: 'POST', headers: { origin: admin } };
    expect(await request(`${path}/drain`, settings)).toMatchObject({ status: 200 });
    const viewer = resources.use(await watch(admin));
    await until(() => viewer.frame?.endpoints[0]?.state, 'drained');
    expect(await sendMany(url, 20)).toEqual(new Set(['b']));
    process.kill(pidOf(command, 2), 'SIGKILL');
    await command.line(/worker 3 is ready/);
    expect(await sendMany(url, 20)).toEqual(new Set(['b']));
    expect(await request(`${path}/restore`, settings)).toMatchObject({ status: 200 });
    await until(() => viewer.frame?.endpoints[0]?.state, 'available');
    expect(await sendMany(url, 20)).toEqual(new Set(['a']));
  });
});

describe('/endpoints of workers', () => {
  test('tells what all have counted, and drains at every one', async () => {
    const [a, b] = [await resources.startSaying('a'), await resources.startSaying('b')];
    const { command, url, admin } = await startTwo('-e', `${a.url},${b.url}`, '-strategy=failover', '-admin-actions');
    const path = `${admin}/endpoints/${encodeURIComponent(a.url)}`;
    await sendMany(url, 20);
    await until(() => command.lines.filter((line) => line.includes(' served ')).length, 20);
    expect(JSON.parse((await request(path)).text)).toMatchObject({ state: 'available', wins: 20, inFlight: 0 });
    const drained = await request(`${path}/drain`, { method: 'POST' });
    expect(JSON.parse(drained.text)).toMatchObject({ name: a.url, state: 'drained', wins: 20 });
    expect(await sendMany(url, 20)).toEqual(new Set(['b']));
    expect(JSON.parse((await request(`${path}/restore`, { method: 'POST' })).text)).toMatchObject({
      state: 'available',
    });
    expect(await sendMany(url, 20)).toEqual(new Set(['a']));
  });
});
