import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { isInstalled } from '../../helpers/programs.ts';
import { Resources, request } from '../../helpers/proxy.ts';
import { answering, refusedUrl } from '../../helpers/servers.ts';
import { until } from '../../helpers/until.ts';

const resources = new Resources();
afterEach(() => resources.closeAll());

const entry = fileURLToPath(new URL('../../../src/cli/main.ts', import.meta.url));
const testWithTerminal = process.platform === 'linux' && isInstalled('script') ? test : test.skip;

/** Runs the command in a terminal, which stands still when script does: as after Ctrl-S. */
function startInTerminal(...args: readonly string[]) {
  const words = [process.execPath, entry, ...args].map((word) => `'${word}'`);
  const terminal = spawn('script', ['--quiet', '--command', `exec ${words.join(' ')}`, '/dev/null'], {
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  resources.use({
    close: async () => {
      terminal.kill('SIGKILL');
      if (terminal.exitCode === null && terminal.signalCode === null) await once(terminal, 'exit');
    },
  });
  return terminal;
}

const isAnswered = (url: string) =>
  request(url).then(
    ({ status }) => status === 200,
    () => false,
  );

testWithTerminal('a terminal that stands still holds no request, and its end ends the command', async () => {
  const endpoint = await resources.start(answering(200, 'hello'));
  const url = await refusedUrl();
  const terminal = startInTerminal('-e', endpoint.url, '-address', new URL(url).host);
  await until(() => isAnswered(url));
  terminal.kill('SIGSTOP');
  for (let sent = 0; sent < 100; sent++) {
    expect(await request(`${url}/${'x'.repeat(1_000)}`)).toMatchObject({ status: 200 });
  }
  terminal.kill('SIGKILL');
  await until(() => isAnswered(url), false);
});
