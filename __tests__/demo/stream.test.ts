import { createHash } from 'node:crypto';
import { request } from '../helpers/proxy.ts';
import { hanging, startHttp } from '../helpers/servers.ts';
import { watch } from '../observers/dashboard/event-stream.ts';
import { endCommands, type StartedCommand, startCommand } from './start-command.ts';

interface Demo {
  readonly command: StartedCommand;
  readonly url: string;
  readonly sha256: string;
}

async function startDemo(): Promise<Demo> {
  const command = startCommand('stream/stream.ts', '--seed 1');
  const [, url = ''] = await command.printed(/curl -N (http:\/\/localhost:\d+)\/tokens\n[\s\S]*A full bar/);
  const [, sha256 = ''] = await command.printed(/ {2}([0-9a-f]{64}) {2}is what it should print/);
  return { command, url, sha256 };
}

/** The lines of the log that tell something in words. */
const wordsIn = (log: string): readonly string[] => log.match(/^ {2}\w+ [a-z][a-z ]+.*$/gm) ?? [];

afterEach(endCommands);

describe('node demo/stream/stream.ts', () => {
  test('gives the tokens of the good stream, and says why the others did not win', async () => {
    const { command, url } = await startDemo();
    const { text } = await request(`${url}/tokens`);
    expect(text).toMatch(/^data: \{"token":"A "\}\n\n(data: \{.*\}\n\n)+data: \[DONE\]\n\n$/);
    const [log] = await command.printed(/#1 GET \/tokens -> 200 by slow[\s\S]*?\n\n/);
    expect(wordsIn(log)).toEqual([
      '  silent had sent its head by then, but no event',
      '  error was refused by isUsable, as its first event is an error',
      expect.stringMatching(/^ {2}slow sent its first event after \d+ ms, and only then the client got a head$/),
    ]);
  });

  test('gives the whole file, and says where mirrors broke off and who went on', async () => {
    const { command, url, sha256 } = await startDemo();
    const { status, headers, body } = await request(`${url}/mirror/file.bin`);
    expect({ status, length: headers['content-length'] }).toEqual({ status: 200, length: '50000000' });
    expect(createHash('sha256').update(body).digest('hex')).toBe(sha256);
    const [log, times] = await command.printed(/#1 GET .*file\.bin -> 200 by a, resumed (\d+) times[\s\S]*?\n\n/);
    expect(log).toMatch(/^ {2}a .* won 200.*, broke off after \d+ bytes: /m);
    expect(Number(times)).toBeGreaterThanOrEqual(2);
    expect(log.match(/ broke off after \d+ bytes: /g)).toHaveLength(Number(times));
    expect(log.match(/ resumed 206 after \d+ bytes$/gm)).toHaveLength(1);
  });

  test('gives the list that two mirrors break off, with a length, and says that it was held', async () => {
    const { command, url, sha256 } = await startDemo();
    const { headers, text } = await request(`${url}/mirror/SHA256SUMS`);
    expect(text).toBe(`${sha256}  file.bin\n`);
    expect(headers['content-length']).toBe(String(text.length));
    const [log] = await command.printed(/#1 GET \/mirror\/SHA256SUMS -> 200 by c [\s\S]*?\n\n/);
    expect(wordsIn(log)).toEqual(
      ['a', 'b'].map((name) => expect.stringContaining(`  ${name} broke off while its answer was held`)),
    );
  });

  test('has a dashboard for each proxy, with a heading of its own', async () => {
    const { url } = await startDemo();
    const headings = ['tokens', 'mirror'].map(async (name) => {
      const page = await watch(`${url}/dashboard/${name}/`);
      const { title } = await page.nextFrame();
      page.close();
      return title;
    });
    expect(await Promise.all(headings)).toEqual(['Token streams', 'Mirrors']);
  });

  test('ends with code 0 on SIGTERM', async () => {
    const { command } = await startDemo();
    command.kill('SIGTERM');
    expect(await command.exitCode).toBe(0);
  });

  test('says in one line that another --port is needed', async () => {
    const other = await startHttp(hanging);
    const command = startCommand('stream/stream.ts', `--port ${other.port}`);
    expect(await command.exitCode).toBe(1);
    expect(command.output()).toBe(`port ${other.port} is in use: choose another one with --port\n`);
    await other.close();
  });
});
