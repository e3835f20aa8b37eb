import { hanging, startHttp } from '../helpers/servers.ts';
import { endCommands, type StartedCommand, startCommand } from './start-command.ts';

async function startDemo(flags: string, input?: 'pipe' | 'ignore'): Promise<{ command: StartedCommand; url: string }> {
  const ports = '--port 0 --dashboard-port 0 --flaky-port 0';
  const command = startCommand('demo.ts', `${ports} --max-delay 20 --seed 1 --break-ratio 0 ${flags}`.trim(), input);
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
    expect(output.match(/█ .* won 200(?:$|, \d+ ms after its head$)/gm)).toHaveLength(good);
    expect(output.match(/^ {2}http:.* ms {2}(won|lost|unusable|cancelled)/gm)).toHaveLength(160);
  });

  test('gives whole answers of servers that break off a third of theirs, and says that these were held', async () => {
    const { command, url } = await startDemo('--error-ratio 0 --break-ratio 0.3 --chunked-ratio 1');
    for (let i = 1; i <= 20; i++) {
      const response = await fetch(`${url}/${i}`);
      expect({ status: response.status, text: await response.text() }).toEqual({
        status: 200,
        text: expect.stringMatching(new RegExp(`^Hello, world .*GET /${i}\n$`)),
      });
    }
    await command.printed(/#20 .*\n( .*\n){4}/);
    const broken = command.output().match(/ failed 200 ERR_BRP_CONNECTION_LOST/g) ?? [];
    expect(broken.length).toBeGreaterThan(0);
    const words = command.output().match(/ broke off while its answer was held, so the client got nothing of it$/gm);
    expect(words).toHaveLength(broken.length);
  });

  test('passes on a flaky server’s own 500 when all of them failed', async () => {
    const { command, url } = await startDemo('--error-ratio 1 --endpoints 2');
    const response = await fetch(`${url}/hello`);
    expect(response.status).toBe(500);
    expect(response.headers.get('x-flaky-server')).toMatch(/^127\.0\.0\.1:\d+$/);
    expect(await response.text()).toContain('Sorry, world, 500');
    await command.printed(/#1 GET \/hello -> 500 of http:.*, as nobody won, in \d+ ms\n(.* unusable 500.*\n){2}/);
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

  test('serves the dashboard, with its actions, on a port of its own', async () => {
    const { command, url } = await startDemo('');
    const [, dashboard = ''] = await command.printed(/dashboard .*(http:\/\/localhost:\d+)/);
    expect(new URL(dashboard).port).not.toBe(new URL(url).port);
    expect(await (await fetch(dashboard)).text()).toContain('<title>balancing-reverse-proxy</title>');
    const [, endpoint = ''] = /^ {2}(http:.*)$/m.exec(command.output()) ?? [];
    const path = `${dashboard}/endpoints/${encodeURIComponent(endpoint)}/drain`;
    expect((await fetch(path, { method: 'POST', headers: { Origin: dashboard } })).status).toBe(200);
  });

  test('ends while somebody looks at the dashboard', async () => {
    const { command } = await startDemo('');
    const [, dashboard = ''] = await command.printed(/dashboard .*(http:\/\/localhost:\d+)/);
    const stream = await fetch(`${dashboard}/events`);
    command.kill('SIGTERM');
    expect(await command.exitCode).toBe(0);
    expect(await stream.text()).toContain('data: ');
  });

  test('takes the last flaky server away and brings it back when o is entered', async () => {
    const { command, url } = await startDemo('--endpoints 2 --error-ratio 0', 'pipe');
    const [, last = ''] = /o and Enter to take (http:\S+) away/.exec(command.output()) ?? [];
    const { port } = new URL(last);
    expect((await fetch(last)).status).toBe(200);
    command.enter('o');
    await command.printed(new RegExp(`Port ${port} is away`));
    await expect(fetch(last)).rejects.toThrow();
    expect((await fetch(url)).status).toBe(200);
    await command.printed(new RegExp(`  ${last} .* failed ERR_BRP_CONNECT\n`));
    command.enter('x');
    command.enter('o');
    await command.printed(new RegExp(`Port ${port} is back`));
    expect((await fetch(last)).status).toBe(200);
  });

  test('says when an endpoint is ejected, why and for how long, and when it is asked again', async () => {
    const { command, url } = await startDemo('--endpoints 2 --error-ratio 0', 'pipe');
    const [, last = ''] = /o and Enter to take (http:\S+) away/.exec(command.output()) ?? [];
    command.enter('o');
    await command.printed(/ is away/);
    const ejected = `${last} is ejected: it could not be reached several times in a row, so it is left out for 1 s, `;
    while (!command.output().includes(ejected)) await (await fetch(url)).text();
    command.enter('o');
    await command.printed(/ is back\./);
    const restored = `${last} is restored: it is asked like the others again\n`;
    while (!command.output().includes(restored)) await (await fetch(url)).text();
  });

  test('ends while there is an outage and its input is open', async () => {
    const { command } = await startDemo('', 'pipe');
    command.enter('o');
    await command.printed(/is away/);
    command.kill('SIGTERM');
    expect(await command.exitCode).toBe(0);
  });

  describe('with --backup', () => {
    test('has the backup in tier 1, and sends it nothing while the flaky servers answer', async () => {
      const { command, url } = await startDemo('--backup --error-ratio 0');
      expect(command.output()).toMatch(/and one in tier 1, .* named backup; .*:\n {2}http:\/\/127\.0\.0\.1:\d+\n/);
      expect(command.output()).toContain('Every 30 s all flaky servers go away, for 12 s.');
      for (let i = 1; i <= 10; i++) expect(await (await fetch(url)).text()).not.toContain('This is backup');
      await command.printed(/#10 .*\n( .*\n){4}/);
      expect(command.output().slice(command.output().indexOf('#1 '))).not.toContain('backup');
    });

    test('has the backup answer in an outage of all flaky servers, and says why it was asked', async () => {
      const { command, url } = await startDemo('--backup --error-ratio 0 --outage-every 1 --outage-for 3600000');
      await command.printed(/^Outage: all 4 flaky servers are away, for 3600 s\.$/m);
      for (let i = 1; i <= 10; i++) expect(await (await fetch(url)).text()).toContain('This is backup');
      const output = () => command.output();
      await command.printed(/#10 .* by backup [\s\S]*\n\n/);
      expect(output()).toMatch(/ failed ERR_BRP_CONNECT\n {2}backup .* \(tier\) won 200/);
      expect(output()).toContain('  backup was asked because nobody of tier 0 was of help\n');
      // After five of them the flaky ones are ejected.
      expect(output()).toContain('  backup was asked at once because all of tier 0 are left out for a while\n');
    });

    test('takes all flaky servers away and brings them back when o is entered', async () => {
      const { command, url } = await startDemo('--backup --endpoints 2 --error-ratio 0', 'pipe');
      command.enter('o');
      await command.printed(/(Port \d+ is away.*\n){2}/);
      expect(await (await fetch(url)).text()).toContain('This is backup');
      command.enter('o');
      await command.printed(/(Port \d+ is back.*\n){2}/);
      expect(await (await fetch(url)).text()).not.toContain('This is backup');
    });

    test('leaves the backup alone again after an outage, and no request fails for any of it', async () => {
      // The flaky servers are ejected for a second, which is over before the next outage.
      const { command, url } = await startDemo('--backup --error-ratio 0 --outage-every 2000 --outage-for 300');
      const isOver = /by backup [\s\S]*The outage is over: .* back[\s\S]* -> 200 by http:/;
      while (!isOver.test(command.output())) expect((await fetch(url)).status).toBe(200);
    });

    test('ends with code 0 within an outage', async () => {
      const { command } = await startDemo('--backup --outage-every 1 --outage-for 3600000');
      await command.printed(/^Outage: /m);
      command.kill('SIGTERM');
      expect(await command.exitCode).toBe(0);
    });
  });

  test.each(['port', 'dashboard-port', 'flaky-port'])('says in one line that another --%s is needed', async (flag) => {
    const other = await startHttp(hanging);
    const flags = Object.entries({ port: 0, 'dashboard-port': 0, 'flaky-port': 0, [flag]: other.port });
    const command = startCommand('demo.ts', flags.map(([name, port]) => `--${name} ${port}`).join(' '));
    expect(await command.exitCode).toBe(1);
    expect(command.output()).toBe(`port ${other.port} is in use: choose another one with --${flag}\n`);
    await other.close();
  });
});
