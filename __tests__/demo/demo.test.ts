import { hanging, startHttp } from '../helpers/servers.ts';
import { endCommands, type StartedCommand, startCommand } from './start-command.ts';

async function startDemo(flags: string): Promise<{ command: StartedCommand; url: string }> {
  const command = startCommand('demo.ts', `--port 0 --flaky-port 0 --max-delay 20 --seed 1 ${flags}`.trim());
  const [, url = ''] = await command.printed(/curl -i (http:\/\/localhost:\d+)\/hello\n[\s\S]*A full bar/);
  return { command, url };
}

afterEach(endCommands);

describe('node demo/demo.ts', () => {
  test('answers 40 requests with 200 or a flaky server’s own 500 and names who won each', async () => {
    const { command, url } = await startDemo('');
    const statuses: number[] = [];
    for (let i = 1; i <= 40; i++) {
      const response = await fetch(`${url}/${i}`);
      const greeting = response.status === 200 ? 'Hello, world' : 'Sorry, world, 500';
      const server = response.headers.get('x-flaky-server');
      expect(await response.text()).toMatch(new RegExp(`^${greeting} after \\d+ms! This is ${server}, `));
      statuses.push(response.status);
    }
    await command.printed(/#40 .*\n( .*\n){4}/);

    const good = statuses.filter((status) => status === 200).length;
    expect(good).toBeGreaterThan(35);
    const output = command.output();
    for (const [index, status] of statuses.entries()) {
      const who = status === 200 ? 'by' : 'of';
      expect(output).toMatch(new RegExp(`#${index + 1} GET /${index + 1} -> ${status} ${who} http://127.0.0.1:\\d+`));
    }
    expect(output.match(/█ .* won 200$/gm)).toHaveLength(good);
    expect(output.match(/^ {2}http:.* ms {2}(won|lost|unusable|cancelled)/gm)).toHaveLength(160);
  });

  test('passes on a flaky server’s own 500 when all of them failed', async () => {
    const { command, url } = await startDemo('--error-ratio 1 --endpoints 2');
    const response = await fetch(`${url}/hello`);
    expect(response.status).toBe(500);
    expect(response.headers.get('x-flaky-server')).toMatch(/^127\.0\.0\.1:\d+$/);
    expect(await response.text()).toContain('Sorry, world, 500');
    await command.printed(/#1 GET \/hello -> 500 of http:.*, as nobody won, in \d+ ms\n(.* unusable 500\n){2}/);
  });

  test('prints the seed of the run and colours nothing where there is no terminal', async () => {
    const { command } = await startDemo('');
    expect(command.output()).toContain('--seed 1 repeats their delays and statuses');
    expect(command.output()).not.toContain('\x1b');
  });

  test.each(['SIGTERM', 'SIGINT'] as const)('ends with code 0 on %s', async (signal) => {
    const { command, url } = await startDemo('');
    await (await fetch(url)).text();
    command.kill(signal);
    expect(await command.exitCode).toBe(0);
  });

  test.each(['port', 'flaky-port'])('says in one line that another --%s is needed', async (flag) => {
    const other = await startHttp(hanging);
    const flags = { port: 0, 'flaky-port': 0, [flag]: other.port };
    const command = startCommand('demo.ts', `--port ${flags.port} --flaky-port ${flags['flaky-port']}`);
    expect(await command.exitCode).toBe(1);
    expect(command.output()).toBe(`port ${other.port} is in use: choose another one with --${flag}\n`);
    await other.close();
  });
});
