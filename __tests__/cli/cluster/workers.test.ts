import { request } from '../../helpers/proxy.ts';
import { until } from '../../helpers/until.ts';
import { Command, run, start } from '../command.ts';
import { temporaryFile } from '../files.ts';
import { hastened, isAlive, resources, sendMany, startWith } from './two-workers.ts';

describe('-workers', () => {
  test('shares the work between processes, whose lines go to one log', async () => {
    const endpoint = await resources.startSaying('hello');
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

  test.each(['127.0.0.1', ''])('on an address of host "%s" in use fails with one line', async (host) => {
    const { port } = await resources.startSaying('taken');
    const { exitCode, stderr } = await run('-workers', '2', '-e', 'http://a', '-address', `${host}:${port}`);
    expect(exitCode).toBe(1);
    expect(stderr).toBe(
      `balancing-reverse-proxy: cannot listen: EADDRINUSE: address already in use, ${host}:${port}\n`,
    );
  });

  test('ends with one line when workers end before they are ready, over and over', async () => {
    const command = startWith(`${hastened} else process.exit(7);`, '-e', 'http://a.example');
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
      '-e',
      'http://a.example',
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
      `${hastened} else await new Promise((resolve) => setTimeout(resolve, 60_000));`,
      '-e',
      'http://a.example',
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

  test('starts workers that take long to load', async () => {
    const endpoint = await resources.startSaying('hello');
    const slowly = 'data:text/javascript,await new Promise((resolve) => setTimeout(resolve, 300))';
    const environment = { NODE_OPTIONS: `--import ${JSON.stringify(slowly)}` };
    const args = ['-workers', '2', '-e', endpoint.url, '-address', '127.0.0.1:0'];
    const command = new Command(args, { environment });
    expect(await request(await command.url())).toMatchObject({ text: 'hello' });
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
