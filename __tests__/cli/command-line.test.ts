import { globSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { flagNames } from '../../src/cli/flags/flags.ts';
import { Resources, request } from '../helpers/proxy.ts';
import { answering } from '../helpers/servers.ts';
import { LocalCommand, run, runLocally, startLocally } from './command.ts';

const resources = new Resources();
afterEach(() => resources.closeAll());

test('nothing but command.ts reaches for what belongs to the process', () => {
  const folder = path.join(import.meta.dirname, '../../src/cli');
  const reaching = globSync('**/*.ts', { cwd: folder }).filter((file) =>
    /^(?!.*\*).*\bprocess\.(argv|env|std\w+|exit|on|once|send)\b/m.test(readFileSync(path.join(folder, file), 'utf8')),
  );
  expect(reaching).toEqual(['command.ts']);
});

test('main.ts loads nothing before the version of Node is known to work', () => {
  const text = readFileSync(new URL('../../src/cli/main.ts', import.meta.url), 'utf8');
  expect(text.match(/^import .*/gm)).toEqual(["import { problemWithNode } from '../support/needed-node.ts';"]);
});

describe('the command line', () => {
  test.each([
    ['-endpoints URL', (url: string) => ['-endpoints', url]],
    ['--endpoints URL', (url: string) => ['--endpoints', url]],
    ['-endpoints=URL', (url: string) => [`-endpoints=${url}`]],
    ['-e URL', (url: string) => ['-e', url]],
    ['-endpoints twice, of which the last one wins', (url: string) => ['-endpoints', 'nonsense', '-endpoints', url]],
  ])('takes %s', async (_, argsFor) => {
    const endpoint = await resources.start(answering(200, 'hello'));
    const command = startLocally(...argsFor(endpoint.url));
    expect(await request(await command.url())).toMatchObject({ status: 200, text: 'hello' });
  });

  test('without arguments shows every flag on stderr and fails', async () => {
    const { exitCode, stdout, stderr } = await runLocally();
    expect({ exitCode, stdout }).toEqual({ exitCode: 1, stdout: '' });
    for (const name of flagNames) expect(stderr).toMatch(new RegExp(`^  -${name}\\b.*\\n    \\t\\w`, 'm'));
  });

  test.each(['-help', '--help', '-h'])('with %s shows every flag on stdout and succeeds', async (flag) => {
    const { stderr: shown } = await runLocally();
    expect(await runLocally(flag)).toEqual({ exitCode: 0, stdout: shown, stderr: '' });
  });

  test('as a process with -version writes the version of the package', async () => {
    const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'));
    const stdout = `balancing-reverse-proxy ${version}\n`;
    expect(await run('-version')).toEqual({ exitCode: 0, stdout, stderr: '' });
  });

  test.each<[string[], RegExp]>([
    [
      ['-log', 'x'],
      /-log is ambiguous.*-log-prefix, -log-file, -log-date, -log-time, -log-msec, -log-utc, -log-level, -log-format, -log-query$/,
    ],
    [['-bogus'], /flag -bogus is unknown/],
    [['http://a.example'], /unexpected argument 'http:\/\/a\.example'/],
    [['-fanout'], /flag -endpoints: expected comma-separated URLs, got nothing/],
    [['-endpoints', 'one.com'], /flag -endpoints \(endpoint 0\): expected an absolute http\(s\).* URL, got 'one\.com'/],
    [
      ['-endpoints', 'http://a.example,,'],
      /^balancing-reverse-proxy: flag -endpoints \(endpoint 1\): .*\n.*\(endpoint 2\)/,
    ],
    [
      ['-endpoints', 'http://a.example', '-terminal-responses', '700'],
      /flag -terminal-responses: expected .*, got '700'/,
    ],
    [['-endpoints', 'http://a.example', '-via', 'a b'], /flag -via: expected a token .*, got 'a b'/],
    [['-endpoints', 'one.com', '-via', 'a b'], /flag -endpoints.*\n.*flag -via/],
    [['-address', '8080'], /flag -address: expected an address such as :8080, .*, got '8080'/],
    [['-stop-after', '5'], /flag -stop-after: expected a duration .*, got '5'/],
    [
      ['-e', 'http://a.example', '-strategy', 'race', '-fanout=false'],
      /flag -strategy: race contradicts -fanout=false/,
    ],
    [
      ['-e', 'http://a.example', '-strategy', 'failover', '-fanout'],
      /flag -strategy: failover contradicts -fanout=true/,
    ],
    [['-log-format', 'xml'], /flag -log-format: expected text or json, got 'xml'/],
  ])('refuses %j with a line for each problem', async (args, message) => {
    const { exitCode, stdout, stderr } = await runLocally(...args);
    expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: '' });
    expect(stderr.trimEnd()).toMatch(message);
    for (const line of stderr.trimEnd().split('\n')) expect(line).toMatch(/^balancing-reverse-proxy: /);
  });

  test('shows no credentials of an endpoint that it refuses', async () => {
    const { stderr } = await runLocally('-endpoints', 'http://me:secret@');
    expect(stderr).toMatch(/flag -endpoints/);
    expect(stderr).not.toContain('secret');
  });

  test('takes -strategy together with a -fanout that says the same', async () => {
    const endpoint = await resources.start(answering(200, 'hello'));
    const command = startLocally('-e', endpoint.url, '-strategy', 'failover', '-fanout=false');
    expect(await command.line(/starting on/)).toMatch(/starting on/);
  });

  test('as a process with an address in use fails with one line', async () => {
    const { port } = await resources.start(answering(200, 'taken'));
    const { exitCode, stdout, stderr } = await run('-e', 'http://a.example', '-address', `127.0.0.1:${port}`);
    expect({ exitCode, stdout }).toEqual({ exitCode: 1, stdout: '' });
    expect(stderr).toMatch(new RegExp(`^balancing-reverse-proxy: cannot listen: .*in use.*:${port}\\n$`));
  });

  test('with a log file that cannot be opened fails with one line', async () => {
    const { exitCode, stdout, stderr } = await runLocally(
      '-e',
      'http://a.example',
      '-log-file',
      '/missing/directory/log',
    );
    expect({ exitCode, stdout }).toEqual({ exitCode: 1, stdout: '' });
    expect(stderr).toMatch(/^balancing-reverse-proxy: cannot open the log file: .*\/missing\/directory\/log.*\n$/);
  });

  test.each([
    [':0', /starting on: ":[1-9]\d*"$/],
    ['127.0.0.1:0', /starting on: "127\.0\.0\.1:[1-9]\d*"$/],
    ['localhost:0', /starting on: "(127\.0\.0\.1|\[::1\]):[1-9]\d*"$/],
    ['[::1]:0', /starting on: "\[::1\]:[1-9]\d*"$/],
  ])('with -address %s says what it is bound to', async (address, line) => {
    const command = new LocalCommand(['-e', 'http://a.example', '-address', address]);
    expect(await command.line(/starting on/)).toMatch(line);
  });
});
