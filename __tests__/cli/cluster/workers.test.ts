import { once } from 'node:events';
import { existsSync, readFileSync, renameSync } from 'node:fs';
import http, { type IncomingMessage, type ServerResponse } from 'node:http';
import path from 'node:path';
import { Resources, readAll, request } from '../../helpers/proxy.ts';
import { answering, refusedUrl, startHttp, type TestServer } from '../../helpers/servers.ts';
import { atLeast, including, isThere, until } from '../../helpers/until.ts';
import { Command, run, start } from '../command.ts';
import { temporaryFile, temporaryFolder, write } from '../files.ts';
import { answerFrom, startLoad } from '../load.ts';
import { metricIn } from '../metrics.ts';
import { watch } from '../watch.ts';

const resources = new Resources();
afterEach(() => resources.closeAll());

async function serve(text: string): Promise<TestServer> {
  return resources.use(await startHttp(answering(200, text)));
}

/** An endpoint whose responses a load can check. */
async function serveLoad(): Promise<TestServer> {
  return resources.use(await startHttp((_, res) => void res.end(answerFrom('endpoint'))));
}

/** An endpoint that begins each response and leaves the end to the test. */
async function serveHeld() {
  const held: ServerResponse[] = [];
  const endpoint = resources.use(
    await startHttp((_, res) => {
      res.write('first');
      held.push(res);
    }),
  );
  return { url: endpoint.url, held };
}

/** Starts a command with two workers and an admin port. */
async function startTwo(...flags: readonly string[]) {
  const command = start('-workers', '2', '-admin', '127.0.0.1:0', ...flags);
  return { command, url: await command.url(), admin: await command.adminUrl() };
}

/** Starts a command with two workers, each process of which begins with this code. */
function startWith(code: string, ...flags: readonly string[]): Command {
  const preload = temporaryFile(resources, 'preload.mjs', `import cluster from 'node:cluster';\n${code}`);
  const args = ['-workers', '2', '-e', 'http://a.example', '-address', '127.0.0.1:0', ...flags];
  return new Command(args, { environment: { NODE_OPTIONS: `--import ${preload}` } });
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    // One that has ended is there until its parent has taken note.
    return !/^State:\tZ/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch (error) {
    return (error as NodeJS.ErrnoException).syscall === 'open' && process.platform !== 'linux';
  }
}

function pidOf(command: Command, worker: number): number {
  const pid = command.workers.get(worker);
  if (pid === undefined) throw new Error(`worker ${worker} was never ready`);
  return pid;
}

/** Sends so many requests, each over a connection of its own, which is how they reach all workers. */
async function sendMany(url: string, count: number): Promise<ReadonlySet<string>> {
  const texts = new Set<string>();
  for (let sent = 0; sent < count; sent += 10) {
    const received = await Promise.all(Array.from({ length: Math.min(10, count - sent) }, () => request(url)));
    for (const { text } of received) texts.add(text);
  }
  return texts;
}

async function metricsOf(admin: string): Promise<string> {
  return (await request(`${admin}/metrics`)).text;
}

describe('-workers', () => {
  test('shares the work between processes, whose lines go to one log', async () => {
    const endpoint = await serve('hello');
    // 0 is Infinity for the library, which JSON could not tell the workers.
    const command = start('-workers', '2', '-e', endpoint.url, '-timeout', '0');
    const url = await command.url();
    const numbers = () => command.lines.map((line) => /request (\d+) GET \S+ served/.exec(line)?.[1]).filter(Boolean);
    let count = 0;
    // Who accepts a connection is up to the system, but all of them do.
    for (const seen = new Set<number>(); seen.size < 2; count += 10) {
      expect(await sendMany(url, 10)).toEqual(new Set(['hello']));
      await until(() => numbers().length, count + 10);
      for (const number of numbers()) seen.add(Number(number) % 1_000);
      expect([1, 2]).toEqual(expect.arrayContaining([...seen]));
    }
    expect(new Set(numbers()).size).toBe(count);
    expect(command.lines.filter((line) => /starting on|configuring/.test(line))).toEqual([
      expect.stringContaining(`configuring endpoint 0: "${endpoint.url}"`),
      expect.stringMatching(/starting on: "127\.0\.0\.1:[1-9]\d*"$/),
    ]);
    const pids = [...command.workers.values()];
    expect(new Set([...pids, command.child.pid]).size).toBe(3);
    command.child.kill('SIGTERM');
    expect(await command.ended).toMatchObject({ exitCode: 0, stderr: '' });
    expect(pids.filter(isAlive)).toEqual([]);
    expect(command.lines.slice(-2)).toEqual([expect.stringMatching(/stopping/), expect.stringMatching(/stopped$/)]);
  });

  test('logs a problem of the configuration once', async () => {
    const { exitCode, stdout, stderr } = await run('-workers', '3', '-e', 'one.com');
    expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: '' });
    expect(stderr).toMatch(/^balancing-reverse-proxy: flag -endpoints .*'one\.com'\n$/);
  });

  test('on an address in use fails with one line', async () => {
    const { port } = await serve('taken');
    const { exitCode, stderr } = await run('-workers', '2', '-e', 'http://a', '-address', `127.0.0.1:${port}`);
    expect(exitCode).toBe(1);
    expect(stderr).toMatch(new RegExp(`^balancing-reverse-proxy: cannot listen: .*EADDRINUSE.*${port}\\n$`));
  });

  test('ends with one line when workers end before they are ready, over and over', async () => {
    const command = startWith('if (cluster.isWorker) process.exit(7);');
    const { exitCode, stderr } = await command.ended;
    expect(exitCode).toBe(1);
    expect(stderr).toBe(
      'balancing-reverse-proxy: workers end before they are ready, over and over; the last one ended with exit code 7\n',
    );
    expect(command.lines.length).toBeLessThan(12);
  });

  test('serves although one of them never becomes ready, and stops at the first signal', async () => {
    const command = startWith(
      'if (cluster.isWorker && cluster.worker.id !== 1) process.exit(7);',
      '-admin',
      '127.0.0.1:0',
    );
    await command.url();
    expect(await request(`${await command.adminUrl()}/readyz`)).toMatchObject({ status: 200 });
    await command.line(/worker \d+ ended with exit code 7; another one starts in/);
    command.child.kill('SIGTERM');
    expect(await command.ended).toMatchObject({ exitCode: 0, stderr: '' });
  });

  test('stops at the first signal although none of them has become ready', async () => {
    const command = startWith(
      'if (cluster.isWorker) await new Promise((resolve) => setTimeout(resolve, 60_000));',
      '-admin',
      '127.0.0.1:0',
    );
    const readyz = `${await command.adminUrl()}/readyz`;
    expect(await request(readyz)).toMatchObject({ status: 503, text: 'not ready\n' });
    command.child.kill('SIGTERM');
    await until(async () => (await request(readyz)).text, 'stopping\n');
    expect(await command.ended).toMatchObject({ exitCode: 0, stderr: '' });
    expect(command.lines.some((line) => line.includes('starting on'))).toBe(false);
  });

  test('is refused to a worker of somebody else', async () => {
    const main = new URL('../../../src/cli/main.ts', import.meta.url);
    const launcher = temporaryFile(
      resources,
      'launcher.mjs',
      `import cluster from 'node:cluster';
      if (cluster.isWorker) await import(${JSON.stringify(main.href)});
      else cluster.fork().once('exit', (code) => process.exit(code));`,
    );
    const refused = new Command(['-workers', '2', '-e', 'http://a.example'], { entry: launcher });
    expect(await refused.ended).toMatchObject({ exitCode: 2, stderr: expect.stringContaining('flag -workers') });
    const alone = new Command(['-e', 'http://a.example', '-address', '127.0.0.1:0'], { entry: launcher });
    expect(await alone.url()).toMatch(/^http/);
  });
});

describe('a worker', () => {
  test.each([[[]], [['-via=']]])('has the name of all others in Via with %j', async (flags) => {
    const endpoint = resources.use(await startHttp((req, res) => void res.end(req.headers.via)));
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
    const { command, url } = await startTwo('-e', (await serve('hello')).url);
    for (const pid of command.workers.values()) {
      for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.kill(pid, signal);
    }
    expect(await sendMany(url, 10)).toEqual(new Set(['hello']));
    expect([...command.workers.values()].every(isAlive)).toBe(true);
    expect(command.lines.filter((line) => /ended|reloaded/.test(line))).toEqual([]);
  });

  test('whose primary is gone finishes and ends', async () => {
    const { url: endpoint, held } = await serveHeld();
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
      '-shutdown-timeout',
      '1h',
    );
    // The workers hold its output open for as long as they are there.
    expect(await command.ended).toMatchObject({ exitCode: null });
  });
});

describe('/metrics of workers', () => {
  test('has the sum of all', async () => {
    const { command, url, admin } = await startTwo('-e', (await serve('hello')).url, '-e', (await serve('b')).url);
    await sendMany(url, 200);
    await until(() => command.lines.filter((line) => line.includes(' served ')).length, 200);
    const text = await metricsOf(admin);
    expect(metricIn(text, 'balancing_proxy_requests_total', { outcome: 'served' })).toBe(200);
    expect(metricIn(text, 'balancing_proxy_request_duration_seconds_count')).toBe(200);
    expect(metricIn(text, 'balancing_proxy_requests_in_flight')).toBe(0);
    expect(metricIn(text, 'balancing_proxy_endpoint_state', { state: 'available' })).toBe(2);
  });

  test('is there to the end', async () => {
    const { url: endpoint, held } = await serveHeld();
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
    const { command, url, admin } = await startTwo('-e', (await serve('hello')).url);
    await sendMany(url, 10);
    await until(() => command.lines.filter((line) => line.includes(' served ')).length, 10);
    const viewer = resources.use(await watch(admin));
    const wins = () => viewer.frame?.endpoints[0]?.totals.wins;
    await until(() => viewer.frame, isThere);
    // From the first moment on, though nobody has asked the workers before.
    expect(wins()).toBe(10);
    await sendMany(`${url}/path`, 20);
    await until(() => wins(), 30);
    await until(() => viewer.paths.length, atLeast(1));
    expect(new Set(viewer.paths)).toEqual(new Set(['/path']));
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
    const { url: endpoint, held } = await serveHeld();
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
    const [a, b] = [await serve('a'), await serve('b')];
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

describe('SIGHUP with workers', () => {
  test('checks the file once, and all workers stay as they were when it is bad', async () => {
    const file = temporaryFile(resources, 'brp.json', { endpoints: [(await serve('old')).url] });
    const { command, url } = await startTwo('-config', file);
    write(file, { endpoints: ['one.com'] });
    command.child.kill('SIGHUP');
    await command.line(/cannot reload/);
    expect(await sendMany(url, 10)).toEqual(new Set(['old']));
    expect(command.lines.filter((line) => /cannot reload|one\.com/.test(line))).toHaveLength(1);
    // Nor does a worker take it that starts now.
    process.kill(pidOf(command, 1), 'SIGKILL');
    await command.line(/worker 3 is ready/);
    expect(await sendMany(url, 10)).toEqual(new Set(['old']));
    write(file, { endpoints: [(await serve('new')).url], timeouts: { idleMs: 5_000 } });
    command.child.kill('SIGHUP');
    await command.line(/reloaded$/);
    expect(await sendMany(url, 10)).toEqual(new Set(['new']));
    // Which a worker takes that starts after it, too; and on the same port, though nobody has had it in between.
    for (const number of [2, 3]) process.kill(pidOf(command, number), 'SIGKILL');
    await Promise.all([command.line(/worker 4 is ready/), command.line(/worker 5 is ready/)]);
    expect(await sendMany(url, 10)).toEqual(new Set(['new']));
  });

  test('waits for no worker that does not answer', async () => {
    const file = temporaryFile(resources, 'brp.json', { endpoints: [(await serve('old')).url] });
    const { command, url } = await startTwo('-config', file);
    const hung = pidOf(command, 1);
    process.kill(hung, 'SIGSTOP');
    resources.use({ close: () => void (isAlive(hung) && process.kill(hung, 'SIGCONT')) });
    write(file, { endpoints: [(await serve('new')).url] });
    command.child.kill('SIGHUP');
    await command.line(/worker 1 does not answer to reload$/);
    await command.line(/reloaded$/);
    process.kill(hung, 'SIGCONT');
    expect(await sendMany(url, 10)).toEqual(new Set(['new']));
  });

  test('opens the one log file anew', async () => {
    const log = path.join(temporaryFolder(resources), 'log');
    const command = start('-workers', '2', '-e', (await serve('hello')).url, '-log-file', log);
    const text = () => (existsSync(log) ? readFileSync(log, 'utf8') : '');
    await until(() => text(), including('starting on'));
    const [, port] = /starting on: ".*:(\d+)"/.exec(text()) ?? [];
    renameSync(log, `${log}.1`);
    command.child.kill('SIGHUP');
    await until(() => text(), including('reloaded'));
    await sendMany(`http://127.0.0.1:${port}/after`, 10);
    await until(() => text().match(/\/after served/g)?.length, 10);
    expect(readFileSync(`${log}.1`, 'utf8')).not.toContain('/after');
  });
});

describe('stopping with workers', () => {
  test('loses no request of those who heed /readyz', async () => {
    const endpoint = await serveLoad();
    const { command, url, admin } = await startTwo('-e', endpoint.url, '-shutdown-delay', '500ms');
    let isWanted = true;
    const load = startLoad(url, { mayGoOn: () => isWanted });
    await until(() => load.count, atLeast(200));
    command.child.kill('SIGTERM');
    await command.line(/leaving/);
    const served = load.count;
    await until(() => load.count, atLeast(served + 50));
    const agent = new http.Agent({ keepAlive: true });
    expect((await request(url, { agent })).headers.connection).toBe('close');
    while (isWanted) isWanted = (await request(`${admin}/readyz`)).status === 200;
    await load.stop();
    expect(load.problems).toEqual([]);
    expect(await command.ended).toMatchObject({ exitCode: 0, stderr: '' });
  });

  test('finishes what is in flight at each of them, and accepts nothing more', async () => {
    const { url: endpoint, held } = await serveHeld();
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
    const { url: endpoint, held } = await serveHeld();
    const { command, url } = await startTwo('-e', endpoint, '-shutdown-timeout', '50ms');
    const pids = [...command.workers.values()];
    const response = request(url);
    await until(() => held.length, 1);
    command.child.kill('SIGTERM');
    await expect(response).rejects.toThrow();
    expect(await command.ended).toMatchObject({ exitCode: 1, stderr: '' });
    expect(command.lines.at(-1)).toMatch(/requests in flight were cut after 50ms$/);
    await until(() => !pids.some(isAlive));
  });

  test('exits with 1 when a worker dies over it', async () => {
    const { url: endpoint, held } = await serveHeld();
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
    const { url: endpoint, held } = await serveHeld();
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
