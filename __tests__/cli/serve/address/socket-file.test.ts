import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, lstatSync, mkdirSync, readdirSync, renameSync, writeFileSync } from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import { SocketFile } from '../../../../src/cli/serve/address/socket-file.ts';
import { Resources } from '../../../helpers/proxy.ts';
import { temporaryFolder } from '../../files.ts';

const resources = new Resources();
afterEach(() => resources.closeAll());

const problem = 'cannot listen';
let file: string;
beforeEach(() => {
  file = path.join(temporaryFolder(resources), 'app.sock');
});

/** Listens on a Unix socket, as somebody else would. */
async function listenOn(socketPath: string): Promise<net.Server> {
  const server = net.createServer((socket) => socket.destroy());
  await new Promise<void>((resolve) => server.listen(socketPath, resolve));
  resources.use({ close: () => new Promise<void>((resolve) => server.close(() => resolve())) });
  return server;
}

/** Leaves a socket behind, as a process does that is killed. */
async function leaveStale(): Promise<void> {
  const code = `net.createServer().listen(${JSON.stringify(file)}, () => process.kill(process.pid, 'SIGKILL'))`;
  await once(spawn(process.execPath, ['-e', code]), 'exit');
}

async function serve(mode?: number): Promise<SocketFile> {
  const socketFile = await SocketFile.claim({ file, mode, problem });
  await listenOn(socketFile.temporary);
  socketFile.publish();
  return socketFile;
}

const isSocket = () => lstatSync(file, { throwIfNoEntry: false })?.isSocket() ?? false;

describe('claiming the file of a Unix socket', () => {
  test('takes the place of a socket at which nobody listens', async () => {
    await leaveStale();
    const before = lstatSync(file).ino;
    await serve();
    expect(isSocket()).toBe(true);
    expect(lstatSync(file).ino).not.toBe(before);
    expect(readdirSync(path.dirname(file))).toEqual(['app.sock']);
  });

  test('is refused while another process listens', async () => {
    await listenOn(file);
    await expect(SocketFile.claim({ file, mode: undefined, problem })).rejects.toMatchObject({
      exitCode: 1,
      message: `cannot listen: another process listens on ${file}`,
    });
    expect(isSocket()).toBe(true);
  });

  test.each([
    ['a file', () => writeFileSync(file, 'precious')],
    ['a folder', () => mkdirSync(file)],
  ])('is refused by %s, which stays', async (_, make) => {
    make();
    await expect(SocketFile.claim({ file, mode: undefined, problem })).rejects.toMatchObject({
      exitCode: 1,
      message: `cannot listen: ${file} is there and no socket; it stays as it is`,
    });
    expect(existsSync(file)).toBe(true);
  });

  test('says that there is no such folder', async () => {
    const settings = { file: path.join(path.dirname(file), 'missing', 'app.sock'), mode: undefined, problem };
    await expect(SocketFile.claim(settings)).rejects.toThrow(/^cannot listen: ENOENT: no such file or directory/);
  });
});

describe('the file of a Unix socket', () => {
  test.each([0o600, 0o660, 0o666])('has the permissions that were asked for: %i', async (mode) => {
    await serve(mode);
    expect(lstatSync(file).mode & 0o777).toBe(mode);
  });

  test('has the permissions that the umask leaves when none are asked for', async () => {
    await serve();
    expect(lstatSync(file).mode & 0o777).toBe(0o777 & ~process.umask());
  });

  test('is removed at the end', async () => {
    (await serve()).remove();
    expect(readdirSync(path.dirname(file))).toEqual([]);
  });

  test('stays when another one has taken its place', async () => {
    const first = await serve();
    renameSync(file, `${file}.old`);
    await serve();
    first.remove();
    expect(isSocket()).toBe(true);
  });

  test('stays when a socket of the same name is not ours', async () => {
    const socketFile = await SocketFile.claim({ file, mode: undefined, problem });
    await listenOn(file);
    socketFile.remove();
    expect(isSocket()).toBe(true);
  });

  test('is put in place once more when listening begins anew', async () => {
    const socketFile = await serve();
    const before = lstatSync(file).ino;
    await listenOn(socketFile.temporary);
    socketFile.publish();
    expect(lstatSync(file).ino).not.toBe(before);
    socketFile.publish();
    socketFile.remove();
    expect(existsSync(file)).toBe(false);
  });

  test('cannot be put where a folder has come in between', async () => {
    const socketFile = await SocketFile.claim({ file, mode: undefined, problem });
    await listenOn(socketFile.temporary);
    mkdirSync(file);
    chmodSync(file, 0o700);
    expect(() => socketFile.publish()).toThrow(/^cannot listen: EISDIR/);
  });
});
