import { spawn, spawnSync } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { chmodSync, chownSync, statSync } from 'node:fs';
import http from 'node:http';
import path from 'node:path';
import { WebSocket } from 'ws';
import { textOf } from '../docs/project.ts';
import { startNginxWith } from '../helpers/nginx.ts';
import { describeWith } from '../helpers/programs.ts';
import { Resources, request } from '../helpers/proxy.ts';
import { listen } from '../helpers/servers.ts';
import { startEcho } from '../helpers/upgrades.ts';
import { Command } from './command.ts';
import { temporaryFolder } from './files.ts';

/** The block of docs/deployment.md, in a real nginx. */

const resources = new Resources();
afterEach(() => resources.closeAll());

/** The group of nginx's workers on Debian, where the test is run by root and there is one. */
const [, groupOfNginx] =
  /^www-data:[^:]*:(\d+):/m.exec(spawnSync('getent', ['group', 'www-data']).stdout?.toString()) ?? [];
const isRoot = process.getuid?.() === 0 && groupOfNginx !== undefined;

const [, block = ''] = /^```nginx\n(.*?)^```$/ms.exec(textOf('docs/deployment.md')) ?? [];
const socketInBlock = '/run/balancing-reverse-proxy/app.sock';

/** A folder as the page says that it has to be, with the socket of the command in it. */
function socketFolder(): string {
  const folder = temporaryFolder(resources);
  if (isRoot) {
    chownSync(folder, 0, Number(groupOfNginx));
    chmodSync(folder, 0o2750);
  }
  return folder;
}

/** Starts nginx with the block, its paths aside. @returns its URL. */
async function startNginx(folder: string, sockets: readonly string[]): Promise<string> {
  const { port, close } = await listen(http.createServer());
  await close();
  const [server = ''] = /server unix:.*;/.exec(block) ?? [];
  const site = block
    .replace(server, sockets.map((socket) => server.replace(socketInBlock, socket)).join('\n'))
    .replace('listen 8080;', `listen 127.0.0.1:${port};`);
  return startNginxWith(resources, { folder, site, port, user: isRoot ? 'www-data' : undefined });
}

/** Starts the command as the page says. */
async function startCommand(socket: string, endpoint: string, ...flags: readonly string[]): Promise<Command> {
  const [, line = ''] = /^balancing-reverse-proxy -endpoints \S+ \\\n +(.*)$/m.exec(textOf('docs/deployment.md')) ?? [];
  const args = line.replace(socketInBlock, socket).split(' ');
  const command = new Command(['-endpoints', endpoint, ...args, ...flags]);
  await command.line(/starting on/);
  return command;
}

const sha256 = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex');

describeWith('nginx in front, by a Unix socket', ['nginx'], () => {
  test('gives endpoints the address that the client has, and what nginx knows', async () => {
    const endpoint = await resources.startAt(({ headers }, res) => res.end(JSON.stringify(headers)));
    const folder = socketFolder();
    const socket = path.join(folder, 'app.sock');
    await startCommand(socket, endpoint);
    const url = await startNginx(folder, [socket]);
    const { text } = await request(url, { headers: { Host: 'shop.example' } });
    expect(JSON.parse(text)).toMatchObject({
      'x-forwarded-for': '127.0.0.1',
      'x-forwarded-host': 'shop.example',
      'x-forwarded-proto': 'http',
    });
    if (isRoot) expect(statSync(socket)).toMatchObject({ gid: Number(groupOfNginx), mode: 0o140660 });
  });

  test('carries uploads and answers of any length, byte for byte', async () => {
    const endpoint = await resources.startAt((req, res) => void req.pipe(res));
    const folder = socketFolder();
    const socket = path.join(folder, 'app.sock');
    await startCommand(socket, endpoint, '-body-limit', '8MiB');
    const url = await startNginx(folder, [socket]);
    for (const bytes of [0, 1, 100_000, 5_000_000]) {
      const body = randomBytes(bytes);
      const received = await request(url, { method: 'POST', body });
      expect([received.status, sha256(received.body)]).toEqual([200, sha256(body)]);
    }
  });

  test('carries WebSockets', async () => {
    const endpoint = resources.use(await startEcho({}, (_, res) => res.end()));
    const folder = socketFolder();
    const socket = path.join(folder, 'app.sock');
    await startCommand(socket, endpoint.url);
    const webSocket = new WebSocket((await startNginx(folder, [socket])).replace('http', 'ws'));
    await once(webSocket, 'open');
    webSocket.send('through both');
    expect(String((await once(webSocket, 'message'))[0])).toBe('through both');
    webSocket.close();
  });

  test('loses nothing while two commands are restarted one after the other', async () => {
    const endpoint = await resources.startAt((_, res) => res.end('hello'));
    const folder = socketFolder();
    const sockets = ['one.sock', 'two.sock'].map((name) => path.join(folder, name));
    let commands = await Promise.all(sockets.map((socket) => startCommand(socket, endpoint)));
    const url = await startNginx(folder, sockets);
    const statuses = new Map<number, number>();
    let isOver = false;
    const ask = async (): Promise<void> => {
      while (!isOver) {
        const { status } = await request(url);
        statuses.set(status, (statuses.get(status) ?? 0) + 1);
      }
    };
    const load = Promise.all(Array.from({ length: 4 }, ask));
    for (const [index, command] of commands.entries()) {
      command.signal('SIGTERM');
      expect(await command.ended).toMatchObject({ exitCode: 0 });
      commands = commands.with(index, await startCommand(sockets[index] ?? '', endpoint));
    }
    isOver = true;
    await load;
    expect([...statuses.keys()]).toEqual([200]);
  });
});

describeWith('curl --unix-socket', ['curl'], () => {
  test('is answered', async () => {
    const socket = path.join(temporaryFolder(resources), 'app.sock');
    await startCommand(socket, await resources.startAt((_, res) => res.end('hello')));
    const curl = spawn('curl', ['-sS', '--unix-socket', socket, 'http://any/'], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let text = '';
    curl.stdout.on('data', (chunk) => (text += chunk));
    await once(curl, 'close');
    expect(text).toBe('hello');
  });
});
