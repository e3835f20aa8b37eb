import { once } from 'node:events';
import { existsSync, lstatSync, readdirSync, renameSync } from 'node:fs';
import type http from 'node:http';
import http2 from 'node:http2';
import https from 'node:https';
import path from 'node:path';
import tls from 'node:tls';
import { createCertificate } from '../../../shared/certificate.ts';
import { Resources, readAll, request } from '../../helpers/proxy.ts';
import { answering } from '../../helpers/servers.ts';
import { until } from '../../helpers/until.ts';
import { startEcho } from '../../helpers/upgrades.ts';
import { Command } from '../command.ts';
import { temporaryFile, temporaryFolder, write } from '../files.ts';
import { expectFinishedWebSocket } from '../finished-web-socket.ts';

const resources = new Resources();
afterEach(() => resources.closeAll());

let socketPath: string;
beforeEach(() => {
  socketPath = path.join(temporaryFolder(resources), 'app.sock');
});

const filesBeside = () => readdirSync(path.dirname(socketPath));

/** Asks through the socket. */
const ask = (settings: http.RequestOptions = {}) => request('http://proxy/', { socketPath, ...settings });

/** Starts the command on the socket, and waits until it listens. */
async function start(...flags: readonly string[]): Promise<Command> {
  const command = new Command(['-address', `unix:${socketPath}`, ...flags]);
  await command.line(/starting on/);
  return command;
}

const startHello = (): Promise<string> => resources.startAt(answering(200, 'hello'));

describe.each(['1', '2'])('-address unix:/path with %s workers', (workers) => {
  test('answers there, says so, and takes the file away at the end', async () => {
    const command = await start('-e', await startHello(), '-workers', workers);
    expect(command.lines.find((line) => /starting on/.test(line))).toMatch(`starting on: "unix:${socketPath}"`);
    for (let sent = 0; sent < 10; sent++) expect(await ask()).toMatchObject({ status: 200, text: 'hello' });
    expect(filesBeside()).toEqual(['app.sock']);
    command.signal('SIGTERM');
    expect(await command.ended).toMatchObject({ exitCode: 0, stderr: '' });
    expect(filesBeside()).toEqual([]);
  });

  test('lets a request in flight end, and takes the file away before', async () => {
    const endpoint = await resources.startHeld();
    const command = await start('-e', endpoint.url, '-workers', workers);
    const response = ask();
    const held = await endpoint.first;
    command.signal('SIGTERM');
    await command.line(/stopping/);
    await expect(ask()).rejects.toMatchObject({ code: 'ENOENT' });
    held.end('hello');
    expect(await response).toMatchObject({ text: 'hello' });
    expect(await command.ended).toMatchObject({ exitCode: 0 });
  });

  test('takes the place of a process that was killed', async () => {
    const first = await start('-e', await startHello(), '-workers', workers);
    const { pid = 0 } = first.child;
    for (const worker of first.workers.values()) process.kill(worker, 'SIGKILL');
    process.kill(pid, 'SIGKILL');
    await first.ended;
    await expect(ask()).rejects.toMatchObject({ code: 'ECONNREFUSED' });
    await start('-e', await startHello(), '-workers', workers);
    expect(await ask()).toMatchObject({ text: 'hello' });
  });

  test('ends with 1 where another process listens, which goes on', async () => {
    await start('-e', await startHello(), '-workers', workers);
    const second = new Command(['-address', `unix:${socketPath}`, '-e', 'http://a.example', '-workers', workers]);
    const stderr = `balancing-reverse-proxy: cannot listen: another process listens on ${socketPath}\n`;
    expect(await second.ended).toMatchObject({ exitCode: 1, stderr });
    expect(await ask()).toMatchObject({ text: 'hello' });
  });

  test('leaves the socket to another process that has taken the path over', async () => {
    const first = await start('-e', await startHello(), '-workers', workers);
    renameSync(socketPath, `${socketPath}.old`);
    await start('-e', await resources.startAt(answering(200, 'second')), '-workers', workers);
    first.signal('SIGTERM');
    expect(await first.ended).toMatchObject({ exitCode: 0 });
    expect(await ask()).toMatchObject({ text: 'second' });
  });

  test('reloads', async () => {
    const config = temporaryFile(resources, 'brp.json', { endpoints: [await startHello()] });
    const command = await start('-config', config, '-workers', workers);
    write(config, { endpoints: [await resources.startAt(answering(200, 'new'))] });
    command.signal('SIGHUP');
    await command.line(/reloaded$/);
    expect(await ask()).toMatchObject({ text: 'new' });
  });

  test('has the permissions of -socket-mode', async () => {
    await start('-e', await startHello(), '-workers', workers, '-socket-mode', '660');
    expect(lstatSync(socketPath).mode & 0o777).toBe(0o660);
  });
});

test('workers that were killed are replaced at the same socket, one or all', async () => {
  const command = await start('-e', await startHello(), '-workers', '2');
  process.kill(command.workers.get(1) ?? 0, 'SIGKILL');
  await command.line(/worker 3 is ready/);
  for (let sent = 0; sent < 10; sent++) expect(await ask()).toMatchObject({ text: 'hello' });
  for (const number of [2, 3]) process.kill(command.workers.get(number) ?? 0, 'SIGKILL');
  await Promise.all([command.line(/worker 4 is ready/), command.line(/worker 5 is ready/)]);
  for (let sent = 0; sent < 10; sent++) expect(await ask()).toMatchObject({ text: 'hello' });
  expect(filesBeside()).toEqual(['app.sock']);
  command.signal('SIGTERM');
  expect(await command.ended).toMatchObject({ exitCode: 0 });
  expect(filesBeside()).toEqual([]);
});

test('a second signal takes the file away, too', async () => {
  const endpoint = await resources.startHeld();
  const command = await start('-e', endpoint.url, '-shutdown-delay', '1m');
  command.signal('SIGTERM');
  await command.insist('SIGTERM');
  expect(existsSync(socketPath)).toBe(false);
});

test('the log in JSON has the address and no port', async () => {
  const command = await start('-e', await startHello(), '-log-format', 'json');
  const line = command.lines.find((one) => one.includes('starting on')) ?? '';
  expect(JSON.parse(line)).toMatchObject({ address: `unix:${socketPath}`, protocol: 'http' });
  expect(JSON.parse(line)).not.toHaveProperty('port');
});

test.each([
  ['has none to tell an endpoint', [], undefined],
  ['is believed with -trust-forwarded=unix', ['-trust-forwarded=unix'], '1.2.3.4'],
  ['is not believed with networks', ['-trust-forwarded=0.0.0.0/0'], undefined],
])('a client without an address %s', async (_, flags, expected) => {
  const endpoint = await resources.startAt(({ headers }, res) => res.end(JSON.stringify(headers)));
  await start('-e', endpoint, ...flags);
  const { text } = await ask({ headers: { 'X-Forwarded-For': '1.2.3.4' } });
  expect(JSON.parse(text)['x-forwarded-for']).toBe(expected);
});

test('carries WebSockets', async () => {
  const endpoint = resources.use(await startEcho());
  const command = await start('-e', endpoint.url);
  await expectFinishedWebSocket(command, `ws+unix:${socketPath}:/`);
});

describe('over TLS', () => {
  async function startSecure(endpoint: { readonly url: string }, ...flags: readonly string[]) {
    const { cert, key } = await createCertificate();
    const files = [temporaryFile(resources, 'cert.pem', cert), temporaryFile(resources, 'key.pem', key)] as const;
    const command = await start('-e', endpoint.url, '-tls-cert', files[0], '-tls-key', files[1], ...flags);
    const place = { path: socketPath, ca: cert, servername: 'localhost' };
    const askSecurely = async () => {
      const client = https.get({ socketPath, agent: false, ca: cert, servername: 'localhost' } as https.RequestOptions);
      const [res] = (await once(client, 'response')) as [http.IncomingMessage];
      return readAll(res);
    };
    const connect = async () => {
      const socket = tls.connect(place);
      resources.use({ close: () => socket.destroy() });
      await once(socket, 'secureConnect');
      return socket.resume();
    };
    const connectHttp2 = () => {
      const session = http2.connect('https://localhost', {
        createConnection: () => tls.connect({ ...place, ALPNProtocols: ['h2'] }),
      });
      resources.use({ close: () => session.destroy() });
      return session;
    };
    return { command, askSecurely, connect, connectHttp2 };
  }

  test('a client over HTTP/2 is believed with -trust-forwarded=unix', async () => {
    const endpoint = await resources.start(({ headers }, res) => res.end(JSON.stringify(headers)));
    const { connectHttp2 } = await startSecure(endpoint, '-trust-forwarded=unix');
    const stream = connectHttp2().request({ ':path': '/', 'x-forwarded-for': '1.2.3.4' });
    let text = '';
    for await (const chunk of stream.setEncoding('utf8')) text += chunk;
    expect(JSON.parse(text)).toMatchObject({ 'x-forwarded-for': '1.2.3.4', 'x-forwarded-proto': 'https' });
  });

  test('every one of several requests in flight at once ends before the command does', async () => {
    const endpoint = await resources.startHeld();
    const { command, askSecurely, connect } = await startSecure(endpoint);
    const responses = Array.from({ length: 20 }, askSecurely);
    await until(() => endpoint.held.length, 20);
    const idle = once(await connect(), 'close');
    command.signal('SIGTERM');
    // By the time that the idle one is closed, each of the others that was taken for idle would be, too.
    await idle;
    for (const res of endpoint.held) res.end('hello');
    for (const { text } of await Promise.all(responses)) expect(text).toBe('hello');
    expect(await command.ended).toMatchObject({ exitCode: 0 });
  });
});

describe('-admin unix:/path', () => {
  const adminFlags = () => ['-admin', `unix:${path.join(path.dirname(socketPath), 'admin.sock')}`];

  test('answers under any name, and goes at the end', async () => {
    const [, admin = ''] = adminFlags();
    const adminPath = admin.slice('unix:'.length);
    const command = await start('-e', await startHello(), ...adminFlags(), '-socket-mode', '600');
    expect(command.lines.find((line) => /admin on/.test(line))).toMatch(`admin on: "${admin}"`);
    expect(lstatSync(adminPath).mode & 0o777).toBe(0o600);
    for (const url of ['http://localhost/readyz', 'http://any.example/healthz']) {
      expect(await request(url, { socketPath: adminPath })).toMatchObject({ status: 200 });
    }
    command.signal('SIGTERM');
    expect(await command.ended).toMatchObject({ exitCode: 0 });
    expect(filesBeside()).toEqual([]);
  });

  test('goes with a second signal, too', async () => {
    const endpoint = await resources.startHeld();
    const command = await start('-e', endpoint.url, ...adminFlags(), '-shutdown-delay', '1m');
    command.signal('SIGTERM');
    await command.insist('SIGTERM');
    expect(filesBeside()).toEqual([]);
  });

  test('goes when the command cannot listen for clients', async () => {
    const { port } = new URL(await startHello());
    const command = new Command(['-address', `127.0.0.1:${port}`, '-e', 'http://a.example', ...adminFlags()]);
    expect(await command.ended).toMatchObject({ exitCode: 1 });
    expect(filesBeside()).toEqual([]);
  });
});
