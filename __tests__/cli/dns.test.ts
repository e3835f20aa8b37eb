import { startDns, type TestDns } from '../helpers/dns-server.ts';
import { Resources, request } from '../helpers/proxy.ts';
import type { TestServer } from '../helpers/servers.ts';
import { until } from '../helpers/until.ts';
import { runLocally, start, startLocally } from './command.ts';
import { temporaryFile, write } from './files.ts';

/** Endpoints by DNS, through the command. */

const resources = new Resources();
afterEach(() => resources.closeAll());

let dns: TestDns;
beforeEach(async () => {
  dns = resources.use(await startDns());
});

const item = (port: number, more: object = {}) => ({
  dns: `http://api.internal:${port}`,
  servers: [dns.server],
  refreshMs: 20,
  ...more,
});

const found = (port: number, address = '127.0.0.1') => `http://api.internal:${port} (${address})`;

/** The lines of the log about DNS, without what each begins with. */
const linesAbout = (lines: readonly string[]) =>
  lines.flatMap((line) => / (endpoint \d+ dns .*)$/.exec(line)?.[1] ?? []);

const configOf = (content: object) => temporaryFile(resources, 'brp.json', content);

describe('a name in the file', () => {
  test('is configured in words, followed from the start, and told once per change', async () => {
    const one = await resources.startSaying('one');
    dns.zone.set('A api.internal', ['127.0.0.1']);
    const command = startLocally(
      '-config',
      configOf({ endpoints: ['http://127.0.0.1:9', item(one.port)], strategy: 'failover' }),
    );
    const url = await command.url();
    await command.line(new RegExp(`configuring endpoint 1: dns http://api.internal:${one.port} \\(A, every 20ms\\)$`));
    await command.line(/configuring endpoint 0: "http:\/\/127\.0\.0\.1:9"$/);
    expect((await request(url)).text).toBe('one');
    dns.zone.set('A api.internal', ['127.0.0.1', '127.0.0.9']);
    const isTold = (text: string) =>
      until(
        async () =>
          (await request(url)).status === 200 && linesAbout(command.lines).some((line) => line.includes(text)),
      );
    await isTold('127.0.0.9');
    dns.manners = 'SERVFAIL';
    await isTold('no address from DNS');
    dns.manners = 'well';
    await isTold('again');
    dns.zone.set('A api.internal', ['127.0.0.1']);
    await isTold('gone');
    const name = `endpoint 1 dns http://api.internal:${one.port}`;
    expect(linesAbout(command.lines)).toEqual([
      `${name} has 1 address; new: ${found(one.port)}`,
      `${name} has 2 addresses; new: ${found(one.port, '127.0.0.9')}`,
      expect.stringMatching(
        `^${name}: no address from DNS for api.internal \\(A\\).*; the last good answer, if any, stays in use$`,
      ),
      `${name}: DNS answers again`,
      `${name} has 1 address; gone: ${found(one.port, '127.0.0.9')}`,
    ]);
  });

  test('does not hold up the start for long while DNS is mute', async () => {
    const one = await resources.startSaying('one');
    dns.manners = 'silent';
    const command = startLocally('-config', configOf({ endpoints: [one.url, item(one.port, { timeoutMs: 60_000 })] }));
    expect((await request(await command.url())).text).toBe('one');
  });

  test('keeps its last good answer over a reload while DNS fails', async () => {
    const one = await resources.startSaying('one');
    dns.zone.set('A api.internal', ['127.0.0.1']);
    const file = configOf({ endpoints: [item(one.port)] });
    const command = startLocally('-config', file);
    const url = await command.url();
    dns.manners = 'SERVFAIL';
    write(file, { endpoints: [item(one.port)], maxAttempts: 2 });
    command.signal('SIGHUP');
    await command.line(/reloaded/);
    expect((await request(url)).text).toBe('one');
  });

  test('is followed no longer when a reload takes it away', async () => {
    const one = await resources.startSaying('one');
    dns.zone.set('A api.internal', ['127.0.0.1']);
    const file = configOf({ endpoints: [item(one.port)] });
    const command = startLocally('-config', file);
    const url = await command.url();
    write(file, { endpoints: [one.url] });
    command.signal('SIGHUP');
    await command.line(/reloaded/);
    const { length } = dns.questions;
    await request(url);
    expect(dns.questions).toHaveLength(length);
  });
});

describe.each(['1', '2'])('/metrics, with -workers %s', (workers) => {
  test('tells as long as DNS fails for a name', async () => {
    const one = await resources.startSaying('one');
    dns.zone.set('A api.internal', ['127.0.0.1']);
    const file = configOf({ endpoints: [item(one.port), one.url] });
    const command = start('-workers', workers, '-admin', '127.0.0.1:0', '-config', file);
    const [url, admin] = [await command.url(), await command.adminUrl()];
    const line = /^balancing_proxy_dns_failing\{dns="http:\/\/api\.internal:\d+"\} (\d)$/m;
    /** Sends requests, which have DNS asked. */
    const failing = async () => {
      await request(url);
      return line.exec((await request(`${admin}/metrics`)).text)?.[1];
    };
    expect(await failing()).toBe('0');
    dns.manners = 'SERVFAIL';
    await until(failing, '1');
    dns.manners = 'well';
    await until(failing, '0');
    write(file, { endpoints: [one.url] });
    command.signal('SIGHUP');
    await command.line(/reloaded/);
    expect(await failing()).toBeUndefined();
  });
});

describe('the flag -endpoints', () => {
  test('takes names beside URLs', async () => {
    const one = await resources.startSaying('one');
    const command = startLocally('-endpoints', `${one.url}, dns+http://brp.invalid:8080,DNS+https://brp.invalid`);
    expect((await request(await command.url())).text).toBe('one');
    await command.line(/configuring endpoint 1: dns http:\/\/brp\.invalid:8080 \(A, every 30s\)$/);
    await command.line(/configuring endpoint 2: dns https:\/\/brp\.invalid \(A, every 30s\)$/);
  });

  test.each([
    [
      'dns+http://10.0.0.1',
      '(endpoint 1): expected an http(s) URL with a host name to ask DNS for; an IP address needs none',
    ],
    ['dns+api.internal', '(endpoint 1): expected an absolute http(s) or http+unix URL'],
    ['dns+', '(endpoint 1): expected an absolute http(s) or http+unix URL'],
  ])('refuses %s', async (text, problem) => {
    const { exitCode, stderr } = await runLocally('-endpoints', `http://one.example,${text}`);
    expect(exitCode).toBe(2);
    expect(stderr).toContain(`flag -endpoints ${problem}`);
  });
});

describe.each(['1', '2'])('an address that DNS gives no longer, with -workers %s', (workers) => {
  interface Shown {
    readonly name: string;
    readonly wins: number;
    readonly state: string;
  }

  test('is shown no longer, unless it is drained, and goes on counting when it is back', async () => {
    const one = await resources.startSaying('one');
    const file = configOf({ endpoints: [item(one.port), 'http://127.0.0.1:9'], strategy: 'failover' });
    dns.zone.set('A api.internal', ['127.0.0.1']);
    const flags = ['-workers', workers, '-admin', '127.0.0.1:0', '-admin-actions', '-config', file];
    const command = start(...flags);
    const [url, admin] = [await command.url(), await command.adminUrl()];
    const shown = async () => {
      const { text } = await request(`${admin}/endpoints`);
      return (JSON.parse(text) as { readonly endpoints: readonly Shown[] }).endpoints;
    };
    /** Sends requests, which have DNS asked, until this is shown of the address. */
    const untilShown = (wanted: string | undefined) =>
      until(async () => {
        await request(url);
        return (await shown()).find(({ name }) => name === found(one.port))?.state === wanted;
      });
    await untilShown('available');
    dns.zone.set('A api.internal', ['127.0.0.9']);
    await untilShown(undefined);
    const names = (await shown()).map(({ name }) => name);
    expect(names.sort()).toEqual(['http://127.0.0.1:9', found(one.port, '127.0.0.9')]);
    const asked = one.asked();
    write(file, { endpoints: [item(one.port), 'http://127.0.0.1:9'], strategy: 'failover', maxAttempts: 4 });
    command.signal('SIGHUP');
    await command.line(/reloaded/);

    const path = `${admin}/endpoints/${encodeURIComponent(found(one.port))}`;
    if (workers === '2') {
      expect(await request(`${path}/drain`, { method: 'POST' })).toMatchObject({ status: 200 });
      expect(await request(`${path}/restore`, { method: 'POST' })).toMatchObject({ status: 200 });
    }
    dns.zone.set('A api.internal', ['127.0.0.1']);
    expect(asked).toBeGreaterThan(0);
    // Each worker goes on counting when it has asked DNS itself.
    const wins = async () => (await shown()).find(({ name }) => name === found(one.port))?.wins ?? 0;
    await until(async () => (await request(url)).status === 200 && (await wins()) > asked);
    expect((await request(`${path}/drain`, { method: 'POST' })).status).toBe(200);
    dns.zone.set('A api.internal', ['127.0.0.9']);
    await until(async () => {
      await request(url);
      return (await shown()).some(({ name }) => name === found(one.port, '127.0.0.9'));
    });
    await untilShown('drained');
  });
});

describe('drained endpoints of DNS, with two workers', () => {
  const testOnLinux = process.platform === 'linux' ? test : test.skip;

  async function startTwo(servers: readonly TestServer[]) {
    const [{ port } = { port: 0 }] = servers;
    const file = configOf({ endpoints: [item(port)], strategy: 'failover' });
    const command = start('-workers', '2', '-admin', '127.0.0.1:0', '-admin-actions', '-config', file);
    const [url, admin] = [await command.url(), await command.adminUrl()];
    const change = async (endpoint: string, action: 'drain' | 'restore') => {
      const path = `/dashboard/endpoints/${encodeURIComponent(endpoint)}/${action}`;
      return (await request(admin + path, { method: 'POST', headers: { origin: admin } })).status;
    };
    return { command, url, file, port, change };
  }

  /** Sends requests over connections of their own, which reach all workers. @returns who answered. */
  async function askMany(url: string): Promise<readonly string[]> {
    const texts = await Promise.all(Array.from({ length: 20 }, async () => (await request(url)).text));
    return [...new Set(texts)].sort();
  }

  testOnLinux(
    'stay so while their addresses come and go, after a reload, and at workers that start later',
    async () => {
      const one = await resources.startSaying('one');
      const two = await resources.start((_, res) => void res.end('two'), { host: '127.0.0.2', port: one.port });
      dns.zone.set('A api.internal', ['127.0.0.1', '127.0.0.2']);
      const { command, url, file, port, change } = await startTwo([one, two]);
      expect(await askMany(url)).toEqual(['one']);
      expect(await change(found(port, '127.0.0.3'), 'drain')).toBe(404);
      expect(await change(found(port), 'drain')).toBe(200);
      await until(async () => (await askMany(url)).join(), 'two');

      dns.zone.set('A api.internal', ['127.0.0.2']);
      const untilLogged = (pattern: RegExp) =>
        until(async () => (await request(url)).status === 200 && command.lines.some((line) => pattern.test(line)));
      await untilLogged(/has 1 address; gone/);
      // Both workers have to see that it is gone, and then that it is back.
      const questions = () => dns.questions.length;
      const bySeveralRefreshes = async () => {
        const from = questions();
        await until(async () => (await askMany(url)).join() === 'two' && questions() >= from + 6);
      };
      await bySeveralRefreshes();
      dns.zone.set('A api.internal', ['127.0.0.1', '127.0.0.2']);
      await untilLogged(/has 2 addresses; new: [^,]*127\.0\.0\.1\)$/);
      await bySeveralRefreshes();

      dns.zone.set('A api.internal', ['127.0.0.2']);
      await bySeveralRefreshes();
      write(file, { endpoints: [item(port)], strategy: 'failover', maxAttempts: 5 });
      command.signal('SIGHUP');
      await command.line(/reloaded/);
      const [, pid] = [...command.workers][0] ?? [];
      process.kill(pid ?? 0, 'SIGKILL');
      await command.line(/worker 3 is ready/);
      await bySeveralRefreshes();
      dns.zone.set('A api.internal', ['127.0.0.1', '127.0.0.2']);
      await bySeveralRefreshes();

      expect(await change(found(port), 'restore')).toBe(200);
      await until(async () => (await askMany(url)).join(), 'one');
    },
  );

  testOnLinux('can be named by one worker alone: the others drain them as soon as they see them', async () => {
    const one = await resources.startSaying('one');
    await resources.start((_, res) => void res.end('two'), { host: '127.0.0.2', port: one.port });
    dns.zone.set('A api.internal', ['127.0.0.2']);
    const { command, url, port, change } = await startTwo([one]);
    dns.zone.set('A api.internal', ['127.0.0.1', '127.0.0.2']);
    await until(
      async () =>
        (await request(url)).status === 200 && command.lines.some((line) => /new: [^,]*127\.0\.0\.1\)$/.test(line)),
    );
    expect(await change(found(port), 'drain')).toBe(200);
    const asked = one.asked();
    const from = dns.questions.length;
    await until(async () => (await askMany(url)).length > 0 && dns.questions.length >= from + 6);
    expect(one.asked() - asked).toBeLessThan(21);
    expect(await askMany(url)).toEqual(['two']);
  });

  test('a worker that starts while DNS fails goes on with what the others know', async () => {
    const one = await resources.startSaying('one');
    dns.zone.set('A api.internal', ['127.0.0.1']);
    const { command, url } = await startTwo([one]);
    dns.manners = 'SERVFAIL';
    for (const pid of command.workers.values()) process.kill(pid, 'SIGKILL');
    await command.line(/worker 4 is ready/);
    expect(await askMany(url)).toEqual(['one']);
    await until(
      async () =>
        (await askMany(url)).join() === 'one' && linesAbout(command.lines).some((line) => line.includes('no address')),
    );
    expect(linesAbout(command.lines).filter((line) => line.includes('no address'))).toHaveLength(1);
    expect(linesAbout(command.lines).filter((line) => line.includes('new: '))).toHaveLength(1);
  });
});
