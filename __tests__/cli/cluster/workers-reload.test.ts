import { existsSync, readFileSync, renameSync } from 'node:fs';
import path from 'node:path';
import { including, until } from '../../helpers/until.ts';
import { start } from '../command.ts';
import { temporaryFile, temporaryFolder, write } from '../files.ts';
import { hastened, isAlive, pidOf, resources, sendMany, startTwo, startWith } from './two-workers.ts';

describe('SIGHUP with workers', () => {
  test('checks the file once, and all workers stay as they were when it is bad', async () => {
    const file = temporaryFile(resources, 'brp.json', { endpoints: [(await resources.startSaying('old')).url] });
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
    write(file, { endpoints: [(await resources.startSaying('new')).url], timeouts: { idleMs: 5_000 } });
    command.child.kill('SIGHUP');
    await command.line(/reloaded$/);
    expect(await sendMany(url, 10)).toEqual(new Set(['new']));
    // Which a worker takes that starts after it, too; and on the same port, though nobody has had it in between.
    for (const number of [2, 3]) process.kill(pidOf(command, number), 'SIGKILL');
    await Promise.all([command.line(/worker 4 is ready/), command.line(/worker 5 is ready/)]);
    expect(await sendMany(url, 10)).toEqual(new Set(['new']));
  });

  test('waits for no worker that does not answer', async () => {
    const file = temporaryFile(resources, 'brp.json', { endpoints: [(await resources.startSaying('old')).url] });
    const command = startWith(hastened, '-config', file);
    const url = await command.url();
    const hung = pidOf(command, 1);
    process.kill(hung, 'SIGSTOP');
    resources.use({ close: () => void (isAlive(hung) && process.kill(hung, 'SIGCONT')) });
    write(file, { endpoints: [(await resources.startSaying('new')).url] });
    command.child.kill('SIGHUP');
    await command.line(/worker 1 does not answer to reload$/);
    await command.line(/reloaded$/);
    process.kill(hung, 'SIGCONT');
    expect(await sendMany(url, 10)).toEqual(new Set(['new']));
  });

  test('opens the one log file anew', async () => {
    const log = path.join(temporaryFolder(resources), 'log');
    const command = start('-workers', '2', '-e', (await resources.startSaying('hello')).url, '-log-file', log);
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
