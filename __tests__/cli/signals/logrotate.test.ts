import { execFile, spawnSync } from 'node:child_process';
import { chmodSync, globSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { textOf } from '../../docs/project.ts';
import { describeWith, pathOfAll } from '../../helpers/programs.ts';
import { Resources, request } from '../../helpers/proxy.ts';
import { including, until } from '../../helpers/until.ts';
import { Command } from '../command.ts';
import { temporaryFolder } from '../files.ts';

const resources = new Resources();
afterEach(() => resources.closeAll());

const [, block = ''] = /^```logrotate\n(.*?)^```$/ms.exec(textOf('docs/log.md')) ?? [];

describeWith('logrotate, as docs/log.md has it', ['logrotate', 'zcat'], () => {
  test.each(['1', '2'])('loses no line of %s workers under load', async (workers) => {
    const folder = temporaryFolder(resources);
    const log = path.join(folder, 'brp.log');
    const endpoint = await resources.startAt((_, res) => res.end('hello'));
    const command = new Command(['-e', endpoint, '-address', '127.0.0.1:0', '-workers', workers, '-log-file', log]);
    await until(() => (globSync(log).length > 0 ? readFileSync(log, 'utf8') : ''), including('starting on'));
    const [, port] = /starting on: ".*:(\d+)"/.exec(readFileSync(log, 'utf8')) ?? [];

    const config = path.join(folder, 'logrotate.conf');
    const rules = block
      .replace('/var/log/balancing-reverse-proxy/*.log', log)
      .replace(/systemctl kill .*/, `kill -USR1 ${command.child.pid}`);
    writeFileSync(config, rules);
    chmodSync(config, 0o600);
    const rotate = () =>
      promisify(execFile)('logrotate', ['-f', '-s', `${folder}/state`, config], { env: { PATH: pathOfAll } });

    let sent = 0;
    let isOver = false;
    const ask = async (): Promise<void> => {
      while (!isOver) await request(`http://127.0.0.1:${port}/number-${sent++}`);
    };
    const load = Promise.all(Array.from({ length: 4 }, ask));
    for (let rotations = 1; rotations <= 3; rotations++) {
      await rotate();
      await until(() => (globSync(log).length > 0 ? readFileSync(log, 'utf8') : ''), including('the log is open anew'));
    }
    isOver = true;
    await load;
    command.signal('SIGTERM');
    expect(await command.ended).toMatchObject({ exitCode: 0, stderr: '' });
    const texts = [
      ...globSync(`${log}{,.1}`).map((file) => readFileSync(file, 'utf8')),
      ...globSync(`${log}.*.gz`).map((file) => spawnSync('zcat', [file]).stdout.toString()),
    ];
    expect(texts).toHaveLength(4);
    const numbers = texts.join('').match(/(?<=\/number-)\d+(?=.* served)/g) ?? [];
    expect(numbers.map(Number).sort((one, other) => one - other)).toEqual(Array.from({ length: sent }, (_, i) => i));
  });
});
