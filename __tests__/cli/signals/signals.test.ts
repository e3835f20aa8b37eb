import { existsSync, mkdirSync, readFileSync, renameSync } from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import type { SignalledProcess } from '../../../src/cli/signals/signalled-process.ts';
import { signalMeanings, watchSignals } from '../../../src/cli/signals/signals.ts';
import { Resources, request } from '../../helpers/proxy.ts';
import { including, until } from '../../helpers/until.ts';
import { Command } from '../command.ts';
import { temporaryFile, temporaryFolder, write } from '../files.ts';

const resources = new Resources();
afterEach(() => resources.closeAll());

/** A port at which nobody listens, for Node's debugger. */
async function freePort(): Promise<number> {
  const { port, close } = await resources.listen(net.createServer());
  await close();
  return port;
}

function isOpen(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = net.connect(port, '127.0.0.1');
    socket.on('connect', () => resolve(true)).on('error', () => resolve(false));
    socket.on('connect', () => socket.destroy());
  });
}

const signals = Object.keys(signalMeanings) as Array<keyof typeof signalMeanings>;

describe.each(['1', '2'])('with %s workers', (workers) => {
  const args = (endpoint: string, ...more: readonly string[]) => [
    ...['-endpoints', endpoint, '-workers', workers, '-address', '127.0.0.1:0'],
    ...more,
  ];

  test('SIGUSR1 opens the log file anew and reads no other file', async () => {
    const log = path.join(temporaryFolder(resources), 'log');
    const config = temporaryFile(resources, 'brp.json', {
      endpoints: [await resources.startAt((_, res) => res.end())],
    });
    const command = new Command(['-config', config, '-workers', workers, '-address', '127.0.0.1:0', '-log-file', log]);
    const text = () => (existsSync(log) ? readFileSync(log, 'utf8') : '');
    await until(text, including('starting on'));
    const [, port] = /starting on: ".*:(\d+)"/.exec(text()) ?? [];
    write(config, 'no JSON');
    renameSync(log, `${log}.1`);
    command.signal('SIGUSR1');
    await until(text, including('the log is open anew'));
    await request(`http://127.0.0.1:${port}/after`);
    await until(text, including('/after served'));
    expect(text()).not.toMatch(/reload/);
    expect(readFileSync(`${log}.1`, 'utf8')).not.toContain('/after');
  });

  test('SIGUSR1 opens no debugger, in no process', async () => {
    const port = await freePort();
    const environment = { NODE_OPTIONS: `--inspect-port=${port}` };
    const command = new Command(args(await resources.startAt((_, res) => res.end('hello'))), { environment });
    const url = await command.url();
    for (let sent = 0; sent < 3; sent++) {
      command.signal('SIGUSR1');
      for (const pid of command.workers.values()) process.kill(pid, 'SIGUSR1');
      expect((await request(url)).text).toBe('hello');
    }
    await until(() => command.lines.filter((line) => /open anew/.test(line)).length > 0, true);
    expect(await isOpen(port)).toBe(false);
    command.signal('SIGTERM');
    expect(await command.ended).toMatchObject({ exitCode: 0, stderr: '' });
  });

  test('SIGUSR1 leaves no debugger open when it comes before any code of ours', async () => {
    const port = await freePort();
    const preload = temporaryFile(resources, 'preload.cjs', "process.kill(process.pid, 'SIGUSR1');");
    const environment = { NODE_OPTIONS: `--inspect-port=${port} --require ${preload}` };
    const command = new Command(args(await resources.startAt((_, res) => res.end('hello'))), { environment });
    expect((await request(await command.url())).text).toBe('hello');
    // Node says that it has opened one, but not that it has closed it.
    await command.line(/Debugger listening/, 'stderr');
    expect(await isOpen(port)).toBe(false);
  });

  test('SIGUSR2 and SIGPIPE change nothing', async () => {
    const command = new Command(args(await resources.startAt((_, res) => res.end('hello'))));
    const url = await command.url();
    for (const signal of ['SIGUSR2', 'SIGPIPE', 'SIGUSR2'] as const) command.signal(signal);
    expect((await request(url)).text).toBe('hello');
    command.signal('SIGQUIT');
    expect(await command.line(/stopping/)).toMatch('stopping (SIGQUIT)');
    expect(await command.ended).toMatchObject({ exitCode: 0, stderr: '' });
  });
});

test.each(signals)('%s to the workers alone changes nothing', async (signal) => {
  const endpoint = await resources.startAt((_, res) => res.end('hello'));
  const command = new Command(['-endpoints', endpoint, '-workers', '2', '-address', '127.0.0.1:0']);
  const url = await command.url();
  for (const pid of command.workers.values()) process.kill(pid, signal);
  for (let sent = 0; sent < 10; sent++) expect((await request(url)).text).toBe('hello');
  command.signal('SIGTERM');
  expect(await command.ended).toMatchObject({ exitCode: 0, stderr: '' });
  expect(command.lines.filter((line) => /worker \d+ ended/.test(line))).toEqual([]);
});

test('SIGQUIT lets a request in flight end, with workers, too', async () => {
  const endpoint = await resources.startHeld();
  const command = new Command(['-endpoints', endpoint.url, '-workers', '2', '-address', '127.0.0.1:0']);
  const response = request(await command.url());
  const held = await endpoint.first;
  command.signal('SIGQUIT');
  await command.line(/stopping \(SIGQUIT\)/);
  held.end('hello');
  expect(await response).toMatchObject({ text: 'hello' });
  expect(await command.ended).toMatchObject({ exitCode: 0 });
});

test('SIGUSR1 says so when the log file cannot be opened, and the log goes on', async () => {
  const folder = temporaryFolder(resources);
  const log = path.join(folder, 'logs', 'log');
  write(path.join(folder, 'brp.json'), { endpoints: [await resources.startAt((_, res) => res.end('hello'))] });
  mkdirSync(path.dirname(log));
  const args = ['-config', path.join(folder, 'brp.json'), '-address', '127.0.0.1:0', '-log-file', log];
  const command = new Command(args);
  await until(() => (existsSync(log) ? readFileSync(log, 'utf8') : ''), including('starting on'));
  renameSync(path.dirname(log), path.join(folder, 'moved'));
  command.signal('SIGUSR1');
  const moved = path.join(folder, 'moved', 'log');
  await until(() => readFileSync(moved, 'utf8'), including('cannot open the log anew, it goes on where it was'));
});

test('on Windows only the signals that it knows are listened to', () => {
  const heard: string[] = [];
  const signalled: SignalledProcess = { platform: 'win32', on: (event: string) => heard.push(event), exit() {} };
  watchSignals(signalled);
  expect(heard.sort()).toEqual(['SIGINT', 'SIGTERM']);
});
