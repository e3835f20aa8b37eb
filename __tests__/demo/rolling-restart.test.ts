import { describeWith } from '../helpers/programs.ts';
import { endCommands, startCommand } from './start-command.ts';

afterEach(endCommands);

describeWith('the rolling restart behind HAProxy', ['haproxy'], () => {
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
