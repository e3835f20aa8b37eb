import { spawnSync } from 'node:child_process';
import { endCommands, startCommand } from './start-command.ts';

afterEach(endCommands);

const PATH = `${process.env.PATH}:/usr/sbin:/usr/local/sbin`;
const isInstalled = spawnSync('haproxy', ['-v'], { env: { PATH } }).status === 0;
const isNeeded = Boolean(process.env.CI);

if (!isInstalled && !isNeeded) {
  console.warn('the rolling restart is not tested: haproxy is not installed (on Debian: apt-get install haproxy)');
}

(isInstalled || isNeeded ? describe : describe.skip)('the rolling restart behind HAProxy', () => {
  test('loses none of 20,000 requests while both instances are restarted twice', async () => {
    const command = startCommand('haproxy/rolling-restart.ts', '--requests 20000 --restarts 2 --seed 1');
    const exitCode = await command.exitCode;
    const output = command.output();
    expect(output).toMatch(/^\d+ requests, 0 lost$/m);
    expect(exitCode).toBe(0);
    expect(Number(/^(\d+) requests, 0 lost$/m.exec(output)?.[1])).toBeGreaterThanOrEqual(20_000);
    expect(output.match(/instance (one|two) has been restarted \(it ended with 0\)/g)).toHaveLength(4);
  }, 240_000);

  test('leaves nothing running when it is stopped', async () => {
    const command = startCommand('haproxy/rolling-restart.ts', '--requests 10000000 --seed 1');
    const [, url = ''] = await command.printed(/HAProxy listens on (\S+),/);
    command.kill('SIGTERM');
    expect(await command.exitCode).toBe(1);
    expect(command.output()).toMatch(/^stopped before the end$/m);
    await expect(fetch(url)).rejects.toMatchObject({ cause: { code: 'ECONNREFUSED' } });
  }, 60_000);
});
