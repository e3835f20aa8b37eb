import { spawnSync } from 'node:child_process';
import { chmodSync, readFileSync, symlinkSync } from 'node:fs';
import path from 'node:path';
import { describeWith } from '../../helpers/programs.ts';
import { Resources, request } from '../../helpers/proxy.ts';
import { atLeast, until } from '../../helpers/until.ts';
import { isAlive } from '../cluster/two-workers.ts';
import { Command } from '../command.ts';
import { temporaryFile, temporaryFolder } from '../files.ts';
import { NotifySocket } from './notify-socket.ts';

const resources = new Resources();
afterEach(() => resources.closeAll());

async function openSocket(kind: 'path' | 'abstract' = 'path') {
  const folder = temporaryFolder(resources);
  const name = kind === 'path' ? path.join(folder, 'notify') : `@${folder}`;
  return { name, socket: resources.use(await NotifySocket.open(name)) };
}

/** Starts a command with a supervisor that listens there. */
function startFor(
  name: string,
  environment: Readonly<Record<string, string>> = {},
  ...flags: readonly string[]
): Command {
  const args = ['-e', 'http://a.example', '-address', '127.0.0.1:0', ...flags];
  return new Command(args, { environment: { NOTIFY_SOCKET: name, ...environment } });
}

/** A folder with one program. */
function folderWith(program: string, code: string): string {
  const file = temporaryFile(resources, program, code);
  chmodSync(file, 0o755);
  return path.dirname(file);
}

describeWith('a supervisor', ['systemd-notify', 'perl', 'prlimit'], () => {
  test.each(['path', 'abstract'] as const)(
    'hears of start, reload and stop at a socket with a name of the kind %s',
    async (kind) => {
      const { name, socket } = await openSocket(kind);
      const command = startFor(name);
      const { port } = new URL(await command.url());
      const ready = `MAINPID=${command.child.pid} READY=1 STATUS=serving on "127.0.0.1:${port}"`;
      await until(() => socket.messages.length, 1);
      command.signal('SIGHUP');
      await until(() => socket.messages.length, 3);
      command.signal('SIGTERM');
      expect(await command.ended).toMatchObject({ exitCode: 0, stderr: '' });
      expect(socket.messages).toEqual([
        ready,
        expect.stringMatching(/ RELOADING=1 MONOTONIC_USEC=\d+ STATUS=reloading$/),
        ready,
        expect.stringMatching(/ STOPPING=1 EXTEND_TIMEOUT_USEC=35000000 STATUS=finishing the requests in flight$/),
      ]);
    },
  );

  test('gets signs of life as long as the process is not stopped', async () => {
    const { name, socket } = await openSocket();
    const commands = [1, 2].map(() => startFor(name, { WATCHDOG_USEC: '200000' }));
    const [{ pid } = {}, { pid: clock } = {}] = commands.map(({ child }) => child);
    await until(() => Math.min(socket.beats(pid), socket.beats(clock)), atLeast(5));
    commands[0]?.signal('SIGSTOP');
    const before = socket.beats(pid);
    const clockBefore = socket.beats(clock);
    await until(() => socket.beats(clock), atLeast(clockBefore + 10));
    // One may have been on its way.
    expect(socket.beats(pid)).toBeLessThanOrEqual(before + 1);
    commands[0]?.signal('SIGCONT');
    await until(() => socket.beats(pid), atLeast(before + 5));
  });

  test('gets signs of life even when no file descriptor is left', async () => {
    const { name, socket } = await openSocket();
    const { child } = startFor(name, { WATCHDOG_USEC: '200000' });
    await until(() => socket.beats(child.pid), atLeast(1));
    spawnSync('prlimit', ['--pid', String(child.pid), '--nofile=3:3']);
    expect(readFileSync(`/proc/${child.pid}/limits`, 'utf8')).toMatch(/^Max open files +3 /m);
    const before = socket.beats(child.pid);
    await until(() => socket.beats(child.pid), atLeast(before + 5));
  });

  test('gets signs of life as long as a worker answers, and from no worker itself', async () => {
    const { name, socket } = await openSocket();
    const command = startFor(name, { WATCHDOG_USEC: '200000' }, '-workers', '2', '-worker-timeout', '1m');
    await command.url();
    const { child, workers } = command;
    await until(() => socket.messages.length, atLeast(1));
    expect(socket.messages[0]).toMatch(/ STATUS=serving on "\S+" with 2 workers$/);
    for (const pid of workers.values()) {
      expect(readFileSync(`/proc/${pid}/environ`, 'utf8')).not.toMatch(/NOTIFY_SOCKET|WATCHDOG/);
    }
    const {
      child: { pid: clock },
    } = startFor(name, { WATCHDOG_USEC: '200000' });
    /** Whether signs of life come, by those of another command. */
    const isBeating = async (): Promise<boolean> => {
      const [before, clockBefore] = [socket.beats(child.pid), socket.beats(clock)];
      await until(() => socket.beats(clock), atLeast(clockBefore + 10));
      return socket.beats(child.pid) > before;
    };
    const [first, second] = [...workers.values()] as [number, number];
    try {
      process.kill(first, 'SIGSTOP');
      expect(await isBeating()).toBe(true);
      process.kill(second, 'SIGSTOP');
      await until(async () => !(await isBeating()));
    } finally {
      // A worker that stands still would outlive the test.
      for (const pid of [first, second]) process.kill(pid, 'SIGCONT');
    }
    await until(isBeating);
    const senders = new Set(socket.messages.map((message) => Number(/MAINPID=(\d+) /.exec(message)?.[1])));
    expect(senders).toEqual(new Set([child.pid, clock]));
  });

  test('that does not listen is a warning', async () => {
    const command = startFor(path.join(temporaryFolder(resources), 'nobody'));
    expect(await command.line(/warning/)).toMatch(
      /warning: the supervisor cannot be told: systemd-notify ended with exit code 1$/,
    );
    command.signal('SIGHUP');
    await command.line(/reloaded/);
    command.signal('SIGTERM');
    expect(await command.ended).toMatchObject({ exitCode: 0, stderr: '' });
    expect(command.lines.filter((line) => line.includes('warning'))).toHaveLength(1);
  });
});

describe('the command', () => {
  test('serves and stops where there is no systemd-notify, with a warning', async () => {
    const endpoint = await resources.startSaying('hello');
    const folder = temporaryFolder(resources);
    symlinkSync('/bin/sh', path.join(folder, 'sh'));
    const command = startFor('/run/nobody', { PATH: folder }, '-e', endpoint.url);
    expect(await request(await command.url())).toMatchObject({ text: 'hello' });
    expect(await command.line(/warning/)).toMatch(
      /warning: NOTIFY_SOCKET is set, but the supervisor is told nothing: there is no systemd-notify$/,
    );
    command.signal('SIGHUP');
    await command.line(/reloaded/);
    command.signal('SIGTERM');
    expect(await command.ended).toMatchObject({ exitCode: 0, stderr: '' });
    expect(command.lines.filter((line) => line.includes('warning'))).toHaveLength(1);
  });

  test.each([
    ['there is not even a shell', () => {}, /spawn sh ENOENT$/],
    // Of most errors node:child_process tells by an event; others, such as ENOMEM, it throws.
    ['no shell can be started', (shell: string) => symlinkSync(shell, shell), /spawn ELOOP$/],
  ])('serves and stops where %s', async (_, prepare, why) => {
    const folder = temporaryFolder(resources);
    prepare(path.join(folder, 'sh'));
    const command = startFor('/run/nobody', { PATH: folder });
    expect(await command.line(/warning/)).toMatch(/the supervisor is told nothing: /);
    expect(await command.line(/warning/)).toMatch(why);
    await command.url();
    command.signal('SIGTERM');
    expect(await command.ended).toMatchObject({ exitCode: 0, stderr: '' });
  });

  test('is not held by a systemd-notify that hangs, and leaves none behind', async () => {
    const folder = folderWith('systemd-notify', '#!/bin/sh\necho $$ > "$(dirname "$0")/pid"\nexec sleep 1000\n');
    const command = startFor('/run/nobody', { PATH: `${folder}:${process.env.PATH}` });
    await command.url();
    const pid = () => readFileSync(path.join(folder, 'pid'), { encoding: 'utf8', flag: 'a+' }).trim();
    await until(pid, (text) => text !== '');
    command.signal('SIGTERM');
    expect(await command.ended).toMatchObject({ exitCode: 0, stderr: '' });
    await until(() => !isAlive(Number(pid())));
  });
});
