import { once } from 'node:events';
import { readFileSync, renameSync } from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import { Resources } from '../helpers/proxy.ts';
import { sendRaw } from '../helpers/raw.ts';
import { atLeast, until } from '../helpers/until.ts';
import { Command } from './command.ts';
import { temporaryFolder } from './files.ts';

const resources = new Resources();
afterEach(() => resources.closeAll());

const get = 'GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n';
const address = ['-address', '127.0.0.1:0', '-admin', '127.0.0.1:0'];

/** Starts the command with a hundred file descriptors for each process, of which it needs some 25 itself. */
async function startWithFew(endpoint: string, ...flags: readonly string[]) {
  const command = new Command(['-endpoints', endpoint, ...address, ...flags], { descriptors: 100 });
  return { command, url: await command.url(), admin: await command.adminUrl() };
}

/** Clients that connect, say this, and stay. */
function connect(url: string, count: number, words: string): readonly net.Socket[] {
  return Array.from({ length: count }, () => {
    const socket = net.connect(Number(new URL(url).port), '127.0.0.1', () => socket.write(words));
    resources.use({ close: () => socket.destroy() });
    return socket.on('error', () => {}).resume();
  });
}

/** The endpoints, as the admin port tells of them. */
async function endpointsOf(admin: string) {
  const { endpoints } = (await (await fetch(`${admin}/endpoints`)).json()) as { endpoints: readonly object[] };
  return endpoints;
}

async function statusOf(url: string): Promise<string> {
  return (await sendRaw(url, get)).text.slice(9, 12);
}

const describeOnLinux = process.platform === 'linux' ? describe : describe.skip;

describeOnLinux('with more clients than file descriptors', () => {
  test('some are served, none is an endpoint to blame for, the admin port answers, and it ends with their end', async () => {
    const endpoint = await resources.startSaying('hello');
    const { command, url, admin } = await startWithFew(endpoint.url);
    const clients = connect(url, 400, 'GET / HTTP/1.1\r\nHost: a\r\n\r\n');
    expect(await command.line(/file descriptors are used up/)).toMatch(
      /\(limit 100\): \d+ connections of clients and \d+ to endpoints refused in the last second; raise the limit with ulimit -n or LimitNOFILE$/,
    );
    for (let i = 0; i < 5; i++) expect((await fetch(`${admin}/healthz`)).status).toBe(200);
    await until(() => endpoint.asked(), atLeast(10));
    expect(await endpointsOf(admin)).toMatchObject([{ state: 'available', failures: 0, healthRatio: 1 }]);
    for (const client of clients) client.destroy();
    await until(() => statusOf(url), '200');
  });

  test('the admin port answers while requests have taken all that they may, by name as by address', async () => {
    const endpoint = await resources.startHeld();
    const byName = endpoint.url.replace('127.0.0.1', 'localhost');
    const { command, url, admin } = await startWithFew(`${byName},${endpoint.url}`, '-shutdown-timeout', '1ms');
    // Requests behind one another on a connection are all under way at once.
    connect(url, 4, 'GET / HTTP/1.1\r\nHost: a\r\n\r\n'.repeat(20));
    expect(await command.line(/to endpoints refused/)).toMatch(/and [1-9]\d* to endpoints/);
    for (let i = 0; i < 5; i++) expect((await fetch(`${admin}/healthz`)).status).toBe(200);
    const untouched = { state: 'available', failures: 0, healthRatio: 1 };
    expect(await endpointsOf(admin)).toMatchObject([untouched, untouched]);
  });

  test('each worker says so, and the primary answers on the admin port', async () => {
    const endpoint = await resources.startSaying('hello');
    const { command, url, admin } = await startWithFew(endpoint.url, '-workers', '2');
    const clients = connect(url, 400, '');
    await command.line(/file descriptors are used up/);
    expect((await fetch(`${admin}/healthz`)).status).toBe(200);
    for (const client of clients) client.destroy();
    await until(() => statusOf(url), '200');
    expect(await endpointsOf(admin)).toMatchObject([{ state: 'available', failures: 0 }]);
  });

  test('the log can be opened anew', async () => {
    const file = path.join(temporaryFolder(resources), 'brp.log');
    const endpoint = await resources.startSaying('hello');
    const command = new Command(['-endpoints', endpoint.url, ...address, '-log-file', file], { descriptors: 100 });
    const logged = (name = file): string => {
      try {
        return readFileSync(name, 'utf8');
      } catch {
        return '';
      }
    };
    await until(() => logged().includes('starting on'));
    const [, port] = /starting on: ".*:(\d+)"/.exec(logged()) ?? [];
    const clients = connect(`http://127.0.0.1:${port}`, 200, '');
    await until(() => logged().includes('file descriptors are used up'));
    renameSync(file, `${file}.1`);
    command.signal('SIGHUP');
    await until(() => logged().includes('reloaded'));
    clients.at(-1)?.destroy();
    const more = connect(`http://127.0.0.1:${port}`, 1, '');
    await once(more[0] as net.Socket, 'close');
    await until(() => logged().includes('file descriptors are used up'));
    expect(logged(`${file}.1`)).toContain('starting on');
  });
});
